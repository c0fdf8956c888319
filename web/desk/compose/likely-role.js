/**
 * The role that a new source most likely has, by the words of its name: the form of a new source begins with it, and
 * a person decides. The first rule that matches counts.
 */

/** @type {[string, RegExp][]} */
const RULES = [
  [
    "platform",
    /^@|\b(?:x|twitter|telegram|facebook|youtube|tiktok|instagram|whatsapp|signal|reddit|bluesky|mastodon)\b|تويتر|تلغرام|تيليغرام|فيسبوك|يوتيوب|تيك توك|إنستغرام|واتساب/u,
  ],
  [
    "spokesperson",
    /\bspokes(?:person|man|woman)\b|\bportavoz\b|\bvocer[oa]\b|(?:^|\s)(?:ال)?(?:متحدث|ناطق)/u,
  ],
  [
    "correspondent",
    /\bcorrespondents?\b|\breporters?\b|\bcorresponsal(?:es)?\b|\benviad[oa]s? especial|\breporter[oa]\b|مراسل|موفد/u,
  ],
  [
    "eyewitness",
    /\b(?:eye)?witness(?:es)?\b|\bneighbou?rs?\b|\bresidents?\b|\btestigos?\b|\bvecin[oa]s?\b|شاهد|شهود|جيران|سكان/u,
  ],
  [
    "agency",
    /\b(?:news|press) agency\b|\bagencia de noticias\b|وكالة (?:ال)?أنباء|\b(?:afp|ap|reuters|efe|dpa|ansa|tass|xinhua|kyodo|anadolu|wam|wafa|mena)\b|رويترز|الأناضول/u,
  ],
  [
    "document",
    /\b(?:document|ruling|verdict|filing|report|memo|transcript)\b|\b(?:documento|sentencia|informe|acta)\b|وثيقة|تقرير|محضر/u,
  ],
  [
    "official",
    /\b(?:ministry|minister|government|president|presidency|police|army|military|navy|court|prosecutors?|parliament|senate|defen[cs]e|council|mayor|municipality|city hall|embassy|central bank|fire (?:department|brigade|service)|coast ?guard|governor)\b|\b(?:ministerio|ministr[oa]|gobierno|presidencia|presidente|policía|ejército|armada|tribunal|fiscalía|parlamento|senado|protección civil|ayuntamiento|alcald[eí]a?|embajada|banco central|bomberos|guardia civil)\b|وزارة|وزير|حكومة|رئاسة|رئيس|شرطة|جيش|محكمة|نيابة|برلمان|مجلس|دفاع|بلدية|سفارة|مصرف|محافظ|إطفاء/u,
  ],
];

/** Most names are of organisations, which is also the role that claims the least. */
const USUAL = "organisation";

/**
 * @param {string} name
 * @param {string[]} roles those of the site
 */
export function likelyRole(name, roles) {
  const plain = name.trim().toLowerCase();
  const role = RULES.find(([id, words]) => roles.includes(id) && words.test(plain))?.[0];
  return role ?? (roles.includes(USUAL) ? USUAL : (roles[0] ?? ""));
}
