"""Words of grammar, and groups of words that newsrooms use for the same thing, in their comparable form.

A word of one group counts as any other of it. The groups of the three languages are separate: lines in different
languages are compared by their vectors, not by their words.
"""

from typing import Final

_ENGLISH: Final = """
a an the of in on at to for from by with and or but as is are was were be been being has have had it its this that these
those he she they his her their him them after before over under into out up down off near amid about against between
during through who which what when where will would can could may might not no than then there here also just more most
s t says say said told tells according new least leave leaves left due because
"""
_SPANISH: Final = """
el la los las un una unos unas de del al a en por para con sin y e o u que se su sus lo le les es son fue
fueron ser ha han
hay como mas pero no ya tras sobre entre desde hasta ante bajo contra segun este esta estos estas ese esa esos esas muy
deja dejan durante cuando donde quien al menos dice dijo dicen afirma
"""
_ARABIC: Final = """
في من الي علي عن مع بعد قبل خلال بين عند حتي ان انه انها كما هذا هذه ذلك تلك التي الذي الذين هو هي هم قد لقد لم لن لا ما
او ثم كل بعض غير اي منذ حول ضد لدي بسبب وفق قال قالت يقول تقول اثر جراء تم يتم كان كانت وفي ومن وعلي
"""
GRAMMAR: Final = frozenset(f"{_ENGLISH} {_SPANISH} {_ARABIC}".split())

_ENGLISH_GROUPS: Final = """
dead death deaths die dies died kill kills killed killing killings fatality fatalities perish perished lives toll
hurt injure injured injures injuries injury wound wounded wounds
quake earthquake tremor
flood floods flooding flooded inundated
fire blaze blazes wildfire fires
minister ministers
resign resigns resigned resignation quit quits step steps stepped
arrest arrests arrested detain detained detains detention custody
close closed closes closing shut shuts shutdown closure
reopen reopens reopened
raise raises raised raising increase increases increased hike hikes hiked lift lifts lifted
cut cuts lower lowers lowered reduce reduces reduced slash slashes slashed
rate rates interest
election elections vote votes voting poll polls ballot
win wins won victory defeat defeats beat beats
agree agrees agreed agreement deal accord pact
strike strikes walkout
protest protests protesters demonstrate demonstrators demonstration rally march marchers
rescue rescues rescued rescuers save saved saves
explosion blast explode explodes exploded
crash crashes crashed collision collide collides
plane aircraft airplane jet airliner
police officers
government cabinet
president presidential
company firm
start starts started begin begins began launch launches launched open opens opened
end ends ended finish finishes finished over
talks negotiations
evacuate evacuates evacuated evacuation flee fled
cancel cancels cancelled scrap scrapped scraps
approve approves approved pass passes passed adopt adopts adopted back backs backed
reject rejects rejected refuse refuses refused turn
hospital hospitals clinic
children kids pupils schoolchildren
storm cyclone hurricane
outage blackout power electricity
home homes house houses household households
parliament mps lawmakers deputies
job jobs staff workers employees
ban bans banned prohibit prohibits prohibited bar barred
suspend suspends suspended halt halts halted stop stops stopped
find finds found discover discovers discovered
missing lost
bn billion
ceasefire truce
troops soldiers
"""
_SPANISH_GROUPS: Final = """
muerto muertos muerta muertas muere mueren murio murieron muerte muertes fallece fallecen fallecido fallecidos mata
herido heridos herida heridas lesionado lesionados lesiona
terremoto sismo temblor seismo
inundacion inundaciones riada riadas inunda
incendio incendios fuego
dimite dimision dimitio renuncia renuncio
detiene detienen detenido detenidos detencion arresta arrestan arrestado arrestados arresto
cierra cierran cerrado cerrada cierre cierres clausura cerro
reabre reabren reapertura
sube suben subio subir aumenta aumentan aumento eleva elevan
baja bajan bajo recorta recortan recorte reduce reducen rebaja
tipos tasa tasas interes
elecciones eleccion comicios votacion votaciones
gana ganan gano victoria vence vencen derrota
acuerdo acuerdan pacto pactan pactar
huelga huelgas paro paros
protesta protestas protestan manifestacion manifestantes marcha
rescata rescatan rescatado rescatados rescate salvan salva
explosion estallido estalla explota
choque chocan choca colision accidente
avion aeronave
policia agentes
gobierno ejecutivo gabinete
empresa compania firma
empieza empiezan comienza comienzan inicia inician abre abren lanza comienzo inicio
termina terminan acaba acaban finaliza fin
negociaciones dialogo conversaciones
evacua evacuan evacuados evacuacion desaloja desalojan desalojados
cancela cancelan cancelado cancelados anula anulan
aprueba aprueban aprobado aprobada aprobacion respalda
rechaza rechazan rechazo
suspende suspenden suspendido suspendida suspension detenidas paraliza
encuentra encuentran hallan halla hallado hallados descubren descubre
prohibe prohiben prohibicion veta
apagon corte luz electricidad oscuras
casa casas hogar hogares vivienda viviendas
empleos trabajadores empleados plantilla
tregua
tropas soldados militares
ninos menores escolares alumnos
"""
_ARABIC_GROUPS: Final = """
قتيل قتيلا قتلي قتل مقتل قتلوا يقتل يودي وفاه وفيات مصرع وفاته ضحايا ارواح بحياه
جريح جريحا جرحي مصاب مصابا مصابون مصابين اصابه اصيب اصابات يصيب جرح
زلزال هزه
فيضان فيضانات سيول غمرت السيول
حريق حرائق نيران
استقاله استقال يستقيل تستقيل
اعتقال اعتقلت اعتقل توقيف اوقفت يوقف القبض احتجاز
اغلاق اغلقت تغلق يغلق اغلق مغلق مغلقا
اعاده تعيد يعيد استئناف يستانف تستانف
رفع يرفع ترفع زياده يزيد تزيد
خفض يخفض تخفض تخفيض
انتخابات اقتراع تصويت
فوز يفوز تفوز فاز انتصار يهزم هزم
اتفاق اتفاقا يتفق يتفقان اتفقت اتفاقيه
اضراب يضرب يضربون
احتجاج احتجاجات محتجون متظاهرون مظاهره مظاهرات تظاهره
انقاذ انقذ ينقذ ينقذون
انفجار انفجر
تصادم اصطدام حادث تحطم
طائره
شرطه الامن
حكومه
شركه
بدء بدا يبدا تبدا انطلاق تنطلق ينطلق افتتاح تفتتح يفتتح
انتهاء انتهي تنتهي ينتهي نهايه اختتام
محادثات مفاوضات مباحثات
اجلاء اجلت تجلي اخلاء تخلي
الغاء تلغي يلغي الغت
موافقه يوافق توافق وافق اقرار يقر تقر
رفض يرفض ترفض رفضت
تعليق تعلق يعلق علقت وقف توقف
عثور عثر العثور اكتشاف يكتشف يكتشفون
حظر تحظر يحظر يمنع تمنع
هدنه
جنود قوات جيش
وظيفه وظائف موظف عمال عاملا
اطفال تلاميذ
"""


def _meanings() -> dict[str, str]:
    groups = f"{_ENGLISH_GROUPS}{_SPANISH_GROUPS}{_ARABIC_GROUPS}".split("\n")
    return {term: synonyms[0] for synonyms in map(str.split, groups) for term in synonyms}


MEANINGS: Final = _meanings()
"""The first word of its group for each word of a group."""
COMMON_WORDS: Final = {
    "en": frozenset(f"{_ENGLISH} {_ENGLISH_GROUPS}".split()),
    "es": frozenset(f"{_SPANISH} {_SPANISH_GROUPS}".split()),
}
"""Words that are frequent in headlines, by language."""
