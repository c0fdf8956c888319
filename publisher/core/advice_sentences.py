"""The sentences of the advice on a line, in the three languages of the interface."""

from typing import Final

ADVICE_SENTENCES: Final[dict[str, dict[str, str]]] = {
    "similar": {
        "en": "{edition} has almost this line ({ago:en}, {status:en}): “{headline}”.",
        "ar": "لدى {edition} خبر يكاد يطابق هذا السطر ({ago:ar}، {status:ar}): «{headline}».",
        "es": "{edition} tiene casi esta línea ({ago:es}, {status:es}): «{headline}».",
    },
    "similar-translation": {
        "en": "{edition} has this in another language ({ago:en}, {status:en}): “{headline}”.",
        "ar": "نشرت {edition} هذا الخبر بلغة أخرى ({ago:ar}، {status:ar}): «{headline}».",
        "es": "{edition} tiene esto en otro idioma ({ago:es}, {status:es}): «{headline}».",
    },
    "figures-similar": {
        "en": "“{own}” here and “{other}” in almost the same line ({edition}, {ago:en}): check the figure.",
        "ar": "هنا «{own}» وفي سطر شبه مطابق «{other}» ({edition}، {ago:ar}): تحقَّق من الرقم.",
        "es": "Aquí «{own}» y en casi la misma línea «{other}» ({edition}, {ago:es}): compruebe la cifra.",
    },
    "figures-translation": {
        "en": "“{own}” here and “{other}” in another language ({edition}, {ago:en}): check the figure.",
        "ar": "هنا «{own}» وفي لغة أخرى «{other}» ({edition}، {ago:ar}): تحقَّق من الرقم.",
        "es": "Aquí «{own}» y en otro idioma «{other}» ({edition}, {ago:es}): compruebe la cifra.",
    },
    "figures-earlier": {
        "en": "“{own}” here and “{other}” in version {version} of this item: check the figure.",
        "ar": "هنا «{own}» وفي الإصدار {version} من هذا الخبر «{other}»: تحقَّق من الرقم.",
        "es": "Aquí «{own}» y en la versión {version} de esta noticia «{other}»: compruebe la cifra.",
    },
    "edition-script": {
        "en": "This text is in {found:en} letters, and {edition} is written in {expected:en}: check the edition.",
        "ar": "هذا النص بالأحرف {found:ar}، و{edition} تُكتب بالأحرف {expected:ar}: تحقَّق من النسخة.",
        "es": "Este texto está en alfabeto {found:es} y {edition} se escribe en {expected:es}: compruebe la edición.",
    },
    "edition-language": {
        "en": "This reads as {found:en}, and the edition is {edition}: check the edition.",
        "ar": "يبدو هذا النص باللغة {found:ar}، والنسخة هي {edition}: تحقَّق من النسخة.",
        "es": "Esto parece {found:es} y la edición es {edition}: compruebe la edición.",
    },
    "invisible-marks": {
        "en": "Remove {count} invisible characters; the first is {name} at position {position}.",
        "ar": "احذف المحارف غير المرئية ({count})؛ أولها {name} في الموضع {position}.",
        "es": "Quite {count} caracteres invisibles; el primero es {name} en la posición {position}.",
    },
    "style": {"en": "{advice}", "ar": "{advice}", "es": "{advice}"},
    "alert-budget": {
        "en": "Flashes and bulletins today in {edition}: {today}{last:en}{story:en}{limit:en}.",
        "ar": "الأخبار العاجلة والنشرات اليوم في {edition}: {today}{last:ar}{story:ar}{limit:ar}.",
        "es": "Flashes y boletines hoy en {edition}: {today}{last:es}{story:es}{limit:es}.",
    },
}
