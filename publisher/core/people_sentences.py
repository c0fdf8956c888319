"""The sentences of problems about people and sign-in, in the three languages of the interface."""

from typing import Final

PEOPLE_SENTENCES: Final[dict[str, dict[str, str]]] = {
    "sign-in-refused": {
        "en": "This does not sign you in: check the name, the password and the code, or ask a chief for a new link.",
        "ar": "تعذَّر تسجيل الدخول: تحقَّق من الاسم وكلمة المرور والرمز، أو اطلب رابطًا جديدًا من رئيس تحرير.",
        "es": "Con esto no se puede entrar: compruebe nombre, contraseña y código, o pida a un jefe un enlace nuevo.",
    },
    "sign-in-rate": {
        "en": "Too many attempts: wait {minutes} min and try again, or use your passkey.",
        "ar": "محاولات كثيرة: انتظر {minutes} دقيقة ثم أعد المحاولة، أو استخدم مفتاح المرور.",
        "es": "Demasiados intentos: espere {minutes} min y reintente, o use su llave de acceso.",
    },
    "invitation-refused": {
        "en": "This link is used up or too old: ask a chief for a new one.",
        "ar": "هذا الرابط مستخدَم أو قديم: اطلب رابطًا جديدًا من رئيس تحرير.",
        "es": "Este enlace ya se usó o ha caducado: pida otro a un jefe.",
    },
    "passkey-refused": {
        "en": "This passkey could not be added: start again, and confirm on your device.",
        "ar": "تعذَّرت إضافة مفتاح المرور: ابدأ من جديد وأكِّد على جهازك.",
        "es": "No se pudo añadir esta llave de acceso: empiece de nuevo y confirme en su dispositivo.",
    },
    "no-passkeys": {
        "en": "Passkeys need an https address, or localhost: open the desk there, or use a password.",
        "ar": "تحتاج مفاتيح المرور إلى عنوان https أو localhost: افتح المكتب هناك أو استخدم كلمة مرور.",
        "es": "Las llaves de acceso necesitan una dirección https, o localhost: abra allí la mesa o use contraseña.",
    },
    "not-a-user": {
        "en": "A token has no account: sign in as a user.",
        "ar": "ليس للرمز حساب: سجِّل الدخول كمستخدم.",
        "es": "Un token no tiene cuenta: entre como usuario.",
    },
    "sign-in-again": {
        "en": "Your sign-in is older than {minutes} min: sign in again, and then repeat this.",
        "ar": "مضى على دخولك أكثر من {minutes} دقيقة: سجِّل الدخول من جديد ثم كرِّر ذلك.",
        "es": "Entró hace más de {minutes} min: entre de nuevo y repita esto.",
    },
    "last-way": {
        "en": "This is your only way to sign in: add another one first.",
        "ar": "هذه طريقتك الوحيدة للدخول: أضف طريقة أخرى أولًا.",
        "es": "Es su única forma de entrar: añada antes otra.",
    },
    "code-used": {
        "en": "This code was used already: wait for the next one.",
        "ar": "استُخدم هذا الرمز من قبل: انتظر الرمز التالي.",
        "es": "Este código ya se usó: espere al siguiente.",
    },
    "code-wrong": {
        "en": "This is not the present code of the app: type the six digits that it shows now.",
        "ar": "هذا ليس الرمز الحالي في التطبيق: اكتب الأرقام الستة الظاهرة الآن.",
        "es": "No es el código actual de la aplicación: escriba las seis cifras que muestra ahora.",
    },
    "setup-ended": {
        "en": "This code for the app is too old: start again with a new one.",
        "ar": "انتهت مدة إعداد التطبيق: ابدأ من جديد برمز جديد.",
        "es": "Ese código para la aplicación ha caducado: empiece de nuevo con otro.",
    },
    "password-length": {
        "en": "Choose a password of {least} to {most} characters.",
        "ar": "اختر كلمة مرور من {least} إلى {most} حرفًا.",
        "es": "Elija una contraseña de {least} a {most} caracteres.",
    },
    "password-guessed": {
        "en": "This password is guessed first: choose words that do not belong together.",
        "ar": "كلمة المرور هذه سهلة التخمين: اختر كلمات لا رابط بينها.",
        "es": "Esta contraseña es fácil de adivinar: elija palabras que no vayan juntas.",
    },
    "no-edition": {
        "en": "Choose at least one edition, or leave editions out for all of them.",
        "ar": "اختر نسخة واحدة على الأقل، أو احذف editions لجميع النسخ.",
        "es": "Elija al menos una edición, o deje editions fuera para todas.",
    },
    "edition-grant": {
        "en": "You may manage people and tokens of the editions {own} only.",
        "ar": "لك أن تدير الأشخاص والرموز في النسخ {own} فقط.",
        "es": "Solo puede gestionar personas y tokens de las ediciones {own}.",
    },
    "email": {
        "en": "Give an e-mail address such as amal@example.org.",
        "ar": "أدخل عنوان بريد مثل amal@example.org.",
        "es": "Indique una dirección de correo como amal@example.org.",
    },
    "email-taken": {
        "en": "Another user has the address {email}.",
        "ar": "العنوان {email} لمستخدم آخر.",
        "es": "Otro usuario tiene la dirección {email}.",
    },
    "no-user": {
        "en": "There is no such user: load the list again.",
        "ar": "لا يوجد هذا المستخدم: أعد تحميل القائمة.",
        "es": "No existe ese usuario: cargue de nuevo la lista.",
    },
    "no-token": {
        "en": "No token in force has this name: load the list again.",
        "ar": "لا يوجد رمز سارٍ بهذا الاسم: أعد تحميل القائمة.",
        "es": "Ningún token vigente tiene ese nombre: cargue de nuevo la lista.",
    },
    "user-disabled": {
        "en": "This user is disabled: enable the user first.",
        "ar": "هذا المستخدم معطَّل: فعِّله أولًا.",
        "es": "Este usuario está desactivado: actívelo antes.",
    },
    "last-chief": {
        "en": "This is the last chief who may manage everyone: make another one first.",
        "ar": "هذا آخر رئيس تحرير يدير الجميع: عيِّن غيره أولًا.",
        "es": "Es el último jefe que puede gestionar a todos: nombre antes a otro.",
    },
}
