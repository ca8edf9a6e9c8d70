import type { Messages } from './messages';

const TIME = new Intl.DateTimeFormat('es-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DATE = new Intl.DateTimeFormat('es-US', { weekday: 'long', day: 'numeric', month: 'long' });

/**
 * Spanish as hospitals of the United States write it: plain, and always with *usted*. What is said of a person says neither
 * man nor woman.
 */
export const es: Messages = {
  language: 'es',
  languageName: 'Español',

  clock: {
    time: (at) => TIME.format(at),
    date: (at) => capitalised(DATE.format(at)),
  },
  countdown: (seconds) => `${Math.floor(seconds / 60).toString()}:${(seconds % 60).toString().padStart(2, '0')}`,

  place: {
    corner: (unit, workstation) => [unit, workstation].filter((word) => word !== '').join(' · '),
    workstationId: (id) => `Id. de la computadora ${id}`,
  },
  contact: {
    unknown: 'Conectando…',
    online: 'En línea',
    away: 'Sin servidor, reintentando',
    not_our_server: 'Servidor equivocado: llame a soporte técnico',
    clock_wrong: 'El reloj de esta computadora está mal',
  },
  reader: {
    ready: 'Lector listo',
    some_faulty: 'Un lector de tarjetas no responde; use el otro',
    faulty: 'El lector de tarjetas no responde',
  },
  notEnforced: 'Pantalla sin protección: cierre sesión antes de irse',
  policy: {
    last_good: 'Reglas sin actualizar: avise a Informática',
    built_in_strict: 'Rigen reglas estrictas: avise a Informática',
  },
  help: (line) => (line === '' ? '¿No puede iniciar sesión? Llame a soporte técnico' : `¿No puede iniciar sesión? Ayuda: ${line}`),
  code: (code) => `Código ${code}`,

  starting: { title: 'Preparando la computadora', line: 'En un momento podrá iniciar sesión aquí.' },

  signedOut: {
    title: 'Iniciar sesión',
    next: 'Escriba su nombre de usuario y su contraseña',
    tap: 'Acerque su tarjeta',
    orType: 'o escriba su nombre de usuario y su contraseña',
    readerFaulty: 'El lector de tarjetas no responde. Inicie sesión con su nombre; se sigue intentando.',
    name: 'Nombre de usuario',
    password: 'Contraseña',
    showPassword: 'Mostrar la contraseña',
    hidePassword: 'Ocultar la contraseña',
    capsLock: 'Bloq Mayús está activado',
    layout: { qwertz: 'Teclado: ¿QWERTZ?', azerty: 'Teclado: ¿AZERTY?', other: 'Teclado: ¿distinto de QWERTY?' },
    submit: 'Iniciar sesión',
    nameMissing: 'Escriba primero su nombre de usuario.',
    passwordMissing: 'Escriba también su contraseña.',
  },

  enrolment: {
    title: '¿Registrar esta tarjeta?',
    line: (countdown) => `Inicie sesión con su nombre de usuario, contraseña y código antes de ${countdown}.`,
    lineSpoken: 'Inicie sesión con su nombre de usuario, contraseña y código en menos de medio minuto.',
    over: 'Se acabó el tiempo para registrar la tarjeta. Acérquela de nuevo para registrarla.',
  },

  badge: {
    unknown: 'Esta tarjeta no se conoce aquí. Escriba su nombre de usuario y su contraseña.',
    unlisted: 'Esta tarjeta no se conoce aquí. Soporte técnico puede añadirla. Escriba su nombre de usuario y su contraseña.',
    wait: 'Se probaron aquí demasiadas tarjetas desconocidas. Escriba su nombre de usuario o espere unos minutos.',
    refused: 'Esta tarjeta está desactivada. Escriba su nombre de usuario y su contraseña, y llame a soporte técnico.',
    unusable: 'El número de esta tarjeta cambia cada vez, así que no sirve aquí. Use otra.',
    not_read: 'No se leyó la tarjeta. Acérquela de nuevo y no la mueva.',
    two_at_once: 'Hay dos tarjetas a la vez. Acerque una sola.',
    server_away: 'El servidor, que conoce las tarjetas, no responde. Acérquela de nuevo en un momento.',
    tap_again_to_enrol: 'Acerque otra vez su tarjeta nueva para registrarla.',
    enrolled: 'Esta tarjeta ya es suya. La próxima vez, basta con acercarla.',
    taken: 'Esta tarjeta es de otra persona. Acerque la suya o llame a soporte técnico.',
    too_many: 'Ya tiene todas las tarjetas que puede tener una persona. Pida a soporte técnico que desactive una.',
    not_enrolled: 'La tarjeta no se registró. Continúe sin ella y pregunte a soporte técnico.',
  },

  notice: {
    refused: 'El nombre de usuario y la contraseña no coinciden. Escríbalos de nuevo.',
    challengeOver: 'Se agotó el tiempo o el número de intentos. Inicie sesión de nuevo.',
    lockedOut: (countdown) => `Demasiados intentos con este nombre. Pruebe de nuevo en ${countdown}.`,
    lockedOutSpoken: (seconds) => `Demasiados intentos con este nombre. Pruebe de nuevo en ${spokenDuration(seconds)}.`,
    lockedOutOver: 'Ya puede probar de nuevo.',
    disabled: 'Esta cuenta está desactivada. Llame a soporte técnico.',
    unanswered: {
      unreachable: 'No hay conexión con el servidor.',
      slow: 'El servidor no respondió a tiempo.',
      not_our_server: 'Otro equipo responde en lugar del servidor. No inicie sesión aquí; llame a soporte técnico.',
      clock_wrong: 'El reloj de esta computadora está mal. Llame a soporte técnico y use otra computadora.',
      unavailable: 'El servidor no puede abrir ninguna sesión en este momento.',
    },
    retrying: 'Se reintenta automáticamente; no necesita escribir nada.',
    busy: 'Muchas personas están iniciando sesión en este momento. Espere un poco y pruebe de nuevo.',
    malformed: 'Demasiado largo o con un carácter no admitido. Hasta 256 letras sencillas en el nombre y 1,024 en la contraseña.',
    notPossibleNow: {
      'workstation.unknown': 'El servidor no conoce esta computadora. Use otra y llame a soporte técnico.',
      'workstation.revoked': 'Esta computadora está fuera de servicio. Use otra.',
      'workstation.cloned': 'Informática debe revisar esta computadora. Use otra.',
      'keychain.unavailable': 'Ahora nadie puede iniciar sesión aquí: el almacén de claves no se abre. Use otra computadora.',
      'spool.unavailable': 'Ahora nadie puede iniciar sesión aquí: no se puede dejar constancia. Use otra computadora.',
      'spool.full': 'Ahora nadie puede iniciar sesión aquí: no hay espacio para los registros. Use otra computadora.',
      'cover.unconfirmed': 'Ahora nadie puede iniciar sesión aquí: la pantalla no se puede cubrir. Use otra computadora.',
      'inactivity.unknown': 'Ahora nadie puede iniciar sesión aquí: el cierre automático no funciona. Use otra computadora.',
      'apps.left': 'Ahora nadie puede iniciar sesión aquí: no se puede cerrar lo que estaba abierto. Use otra computadora.',
      'config.invalid': 'Ahora nadie puede iniciar sesión aquí: la configuración no se puede leer. Use otra computadora.',
      'workstation.not_enrolled': 'Esta computadora todavía no está configurada. Use otra.',
    },
    sessionEnded: {
      'user-button': 'Sesión cerrada.',
      'user-tap': 'Sesión cerrada con la tarjeta.',
      inactivity: 'Sesión cerrada porque no se escribió ni se tocó nada.',
      'absolute-limit': 'Sesión cerrada: se alcanzó la duración máxima de una sesión. Inicie sesión de nuevo para continuar.',
      'tap-over': 'Sesión cerrada: otra persona inició sesión aquí.',
      moved: 'Sesión cerrada aquí: la sesión pasó a otra computadora.',
      'user-elsewhere': 'Sesión cerrada aquí: la misma persona inició sesión en otra computadora.',
      admin: 'Sesión cerrada por la administración.',
      disabled: 'Sesión cerrada: la cuenta fue desactivada.',
      'credential-changed': 'Sesión cerrada: se cambió la contraseña o el código. Inicie sesión con los datos nuevos.',
      policy: 'Sesión cerrada: cambiaron las reglas de esta computadora. Inicie sesión de nuevo para continuar.',
      suspend: 'Sesión cerrada porque la computadora estuvo en reposo.',
      shutdown: 'Sesión cerrada al apagarse la computadora.',
      'crash-recovered': 'Sesión cerrada tras una interrupción. Inicie sesión de nuevo para continuar.',
      'contact-lost': 'Sesión cerrada: no hubo conexión con el servidor durante demasiado tiempo.',
      'workstation-revoked': 'Sesión cerrada: esta computadora está fuera de servicio.',
      'fail-closed': 'Sesión cerrada por seguridad, tras una falla aquí. Inicie sesión de nuevo para continuar.',
      update: 'Sesión cerrada por una actualización. Inicie sesión de nuevo para continuar.',
      'offline-expired': 'Sesión cerrada: se acabó el tiempo sin servidor.',
    },
    badgesRevoked: (count) => {
      if (count === 0) {
        return 'No tiene ninguna tarjeta que funcione. No había nada que revocar.';
      }
      return count === 1
        ? 'Su tarjeta quedó anulada. Pida una nueva a soporte técnico.'
        : `Sus tarjetas quedaron anuladas (${count.toString()}). Pida una nueva a soporte técnico.`;
    },
  },

  asking: {
    first_factor: { busy: 'Iniciando sesión…', slow: 'El servidor tarda; se sigue intentando. Espere, por favor.' },
    second_factor: { busy: 'Comprobando…', slow: 'El servidor tarda; se sigue intentando. Espere, por favor.' },
    badge: { busy: 'Comprobando su tarjeta…', slow: 'El servidor tarda; se sigue intentando. Espere, por favor.' },
    resume: { busy: 'Reanudando…', slow: 'El servidor tarda; se sigue intentando. Espere, por favor.' },
    loss: { busy: 'Comprobando su nombre y su contraseña…', slow: 'El servidor tarda; se sigue intentando. Espere, por favor.' },
  },
  cancel: 'Cancelar',

  secondFactor: {
    title: 'Su código de seis dígitos',
    next: 'Escriba el código que muestra ahora su aplicación de autenticación',
    label: 'Código de seis dígitos',
    refused: 'Ese código no fue aceptado. Espere el siguiente y escríbalo.',
    triesLeft: (tries) => (tries === 1 ? 'Último intento' : `${tries.toString()} intentos restantes`),
    timeLeft: (countdown) => `Quedan ${countdown}`,
    timeOver: 'Se acabó el tiempo',
  },

  wanted: {
    password: {
      title: 'Su contraseña',
      next: 'Escriba su contraseña para continuar',
      label: 'Contraseña',
      refused: 'Esa contraseña no fue aceptada. Escríbala de nuevo.',
    },
    pin: {
      title: 'Su PIN',
      next: 'Escriba el PIN de su tarjeta',
      label: 'Número PIN',
      refused: 'Ese PIN no fue aceptado. Escríbalo de nuevo.',
    },
  },
  pin: { length: 'Un PIN tiene de 6 a 12 cifras.', show: 'Mostrar el PIN', hide: 'Ocultar el PIN' },
  goOn: 'Continuar',

  concealed: {
    title: (name) => (name === '' ? 'Hay una sesión abierta' : `${name} tiene la sesión abierta`),
    tap: {
      resumes: { prompt: 'Acerque la tarjeta para reanudar', orType: 'o escriba la contraseña' },
      asks_more: { prompt: 'Acerque su tarjeta', orType: 'o escriba su contraseña. Acercarla no basta.' },
    },
    next: 'Escriba la contraseña para reanudar',
    passwordOf: (name) => (name === '' ? 'Contraseña' : `Contraseña de ${name}`),
    submit: 'Reanudar',
    inactivity: 'Pantalla cubierta porque no se escribió ni se tocó nada.',
    elsewhere: 'Pantalla cubierta porque la misma persona siguió en otra computadora.',
    refused: 'Esa contraseña no fue aceptada. Escríbala de nuevo.',
    lastMinute: (countdown) => `La sesión se cierra en ${countdown}. Reanude antes para conservarla.`,
    lastMinuteSpoken: 'La sesión se cierra en menos de un minuto. Reanude antes para conservarla.',
    someoneElse: (name) => (name === '' ? 'Iniciar otra sesión' : `¿No es ${name}? Iniciar otra sesión`),
    someoneElseLine: (name) =>
      name === '' ? 'La sesión de la otra persona se cerrará en cuanto usted entre.' : `La sesión de ${name} se cerrará en cuanto usted entre.`,
    back: (name) => (name === '' ? 'Volver' : `Volver a la sesión de ${name}`),
  },

  renewing: {
    title: 'Renovar el tiempo de su tarjeta',
    line: 'Escriba su contraseña y después un código. Su sesión se conserva.',
    submit: 'Continuar',
    notNow: 'Ahora no',
  },

  without: {
    open: (help) =>
      help === '' ? '¿No puede usar su tarjeta o su teléfono?' : `¿No puede usar su tarjeta o su teléfono? Ayuda: ${help}`,
    title: '¿No puede usar su tarjeta o su teléfono?',
    titlePhone: '¿No puede usar su teléfono?',
    badge: {
      title: 'No tiene su tarjeta',
      signedOut: 'No la necesita: inicie sesión con su nombre de usuario, contraseña y código.',
      concealed: 'No la necesita: reanude con su contraseña. Otra persona inicia sesión con nombre de usuario, contraseña y código.',
    },
    phone: {
      title: 'No tiene su teléfono',
      text: (help) =>
        help === ''
          ? 'Ahí aparece el código. Llame a soporte técnico: comprobarán quién es y le darán un código nuevo.'
          : `Ahí aparece el código. Llame a soporte técnico, ${help}: comprobarán quién es y le darán un código nuevo.`,
    },
    lost: {
      title: 'Tarjeta perdida o robada',
      text: (help) =>
        help === ''
          ? 'Anúlela con su nombre de usuario, contraseña y código. ¿Tampoco tiene su teléfono? Pida a soporte técnico que la anule.'
          : `Anúlela con su nombre de usuario, contraseña y código. ¿Tampoco tiene su teléfono? Pida a soporte técnico, ${help}, que la anule.`,
      open: 'Perdí mi tarjeta',
    },
    back: 'Volver',
  },

  lost: {
    title: 'Perdí mi tarjeta',
    line: 'Todas sus tarjetas dejan de funcionar de inmediato. Podrá seguir iniciando sesión con su contraseña y un código.',
    submit: 'Anular mis tarjetas',
    challengeOver: 'Se agotó el tiempo o el número de intentos. No se cambió nada. Escriba de nuevo su nombre y su contraseña.',
    wanted: {
      totp: 'Su código para anular sus tarjetas',
      password: 'Su contraseña para anular sus tarjetas',
      pin: 'Su PIN para anular sus tarjetas',
    },
  },

  keyboard: {
    label: 'Teclado en pantalla',
    show: 'Mostrar el teclado',
    hide: 'Ocultar el teclado',
    shift: 'Mayúsculas',
    backspace: 'Borrar',
    enter: 'Intro',
    space: 'Espacio',
    letters: 'Letras',
    symbols: 'Cifras y signos',
    accents: 'Acentos',
  },

  opening: {
    title: (name) => (name === '' ? 'Le damos la bienvenida' : `Le damos la bienvenida, ${name}`),
    line: 'Abriendo su escritorio…',
  },

  signingOut: {
    title: (name) => (name === '' ? 'Cerrando la sesión' : `Cerrando la sesión de ${name}`),
    why: {
      'user-button': 'El cierre de sesión se pidió aquí.',
      'user-tap': 'El cierre de sesión se pidió con la tarjeta.',
      inactivity: 'Durante un rato no se escribió ni se tocó nada.',
      'absolute-limit': 'Se alcanzó la duración máxima de una sesión.',
      'tap-over': 'Otra persona está iniciando sesión aquí.',
      moved: 'La sesión pasó a otra computadora.',
      'user-elsewhere': 'La misma persona inició sesión en otra computadora.',
      admin: 'La administración cerró la sesión.',
      disabled: 'La cuenta fue desactivada.',
      'credential-changed': 'Se cambió la contraseña o el código.',
      policy: 'Cambiaron las reglas de esta computadora.',
      suspend: 'La computadora estuvo en reposo.',
      shutdown: 'La computadora se está apagando.',
      'crash-recovered': 'La última sesión se interrumpió.',
      'contact-lost': 'No hubo conexión con el servidor durante demasiado tiempo.',
      'workstation-revoked': 'Esta computadora está fuera de servicio.',
      'fail-closed': 'Hay algo aquí que primero requiere atención.',
      update: 'Se está instalando una actualización.',
      'offline-expired': 'Se acabó el tiempo sin servidor.',
    },
    line: 'En un momento podrá iniciar sesión aquí.',
    apps: (closed, of) => `Guardando el trabajo y cerrando programas: ${String(closed)}\u00a0de\u00a0${String(of)} cerrados.`,
  },

  notEnrolled: {
    title: 'Pida a Informática que registre esta computadora',
    line: (id) =>
      id === '' ? 'Nadie puede iniciar sesión aquí todavía.' : `Nadie puede iniciar sesión aquí todavía. Id. de la computadora ${id}`,
    todo: (help) => (help === '' ? 'Mientras tanto, use otra computadora.' : `Mientras tanto, use otra computadora. Ayuda: ${help}`),
  },

  failClosed: {
    title: 'Por favor, use otra computadora',
    what: {
      'workstation.unknown': 'El servidor no conoce esta computadora.',
      'workstation.revoked': 'Esta computadora fue puesta fuera de servicio.',
      'workstation.cloned': 'Otra máquina usa la identidad de esta computadora.',
      'keychain.unavailable': 'El almacén de claves de esta computadora no se abre.',
      'spool.unavailable': 'Aquí no se puede dejar constancia de los inicios de sesión.',
      'spool.full': 'Aquí ya no hay espacio para dejar constancia de los inicios de sesión.',
      'cover.unconfirmed': 'Aquí no se puede cubrir la pantalla.',
      'inactivity.unknown': 'Aquí no funciona el cierre automático de sesión.',
      'apps.left': 'No se puede cerrar lo que la persona anterior tenía abierto aquí.',
      'config.invalid': 'No se puede leer la configuración de esta computadora.',
      'workstation.not_enrolled': 'Esta computadora todavía no está configurada.',
    },
    todo: {
      'workstation.unknown': 'Informática puede registrarla de nuevo.',
      'workstation.revoked': 'Informática puede registrarla de nuevo.',
      'workstation.cloned': 'Informática debe revisar las dos máquinas.',
      'keychain.unavailable': 'Volverá a funcionar cuando se desbloquee el almacén de claves. Si esto continúa, Informática puede ayudar.',
      'spool.unavailable': 'Informática debe revisar el disco de esta computadora.',
      'spool.full': 'Volverá a funcionar cuando el servidor reciba los registros pendientes. Si esto continúa, Informática puede ayudar.',
      'cover.unconfirmed': 'Cierre los menús abiertos, si ve alguno. Si esto continúa, Informática puede ayudar.',
      'inactivity.unknown': 'Reiniciar la computadora puede ayudar. Si esto continúa, Informática puede ayudar.',
      'apps.left': 'Se reintenta automáticamente. Reiniciar la computadora puede ayudar. Si esto continúa, Informática puede ayudar.',
      'config.invalid': 'Informática debe corregir el archivo de configuración.',
      'workstation.not_enrolled': 'Informática puede registrarla.',
    },
    callHelp: (help) => (help === '' ? 'Llame a soporte técnico y lea en voz alta:' : `Llame al ${help} y lea en voz alta:`),
    since: (at, isToday) => (isToday ? `Desde hoy, ${TIME.format(at)}` : `Desde el ${DATE.format(at)}, ${TIME.format(at)}`),
    retry: (countdown) => `Se reintenta automáticamente en ${countdown}`,
    retrying: 'Intentando de nuevo…',
  },

  spoken: {
    secondsLeft: (seconds) => `Quedan ${seconds.toString()} segundos`,
    covered: 'La pantalla está cubierta.',
  },
};

/** Days have a small letter in Spanish, but not where a line begins. */
function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase('es') + text.slice(1);
}

function spokenDuration(seconds: number): string {
  if (seconds < 90) {
    return seconds === 1 ? '1 segundo' : `${seconds.toString()} segundos`;
  }
  return `${Math.ceil(seconds / 60).toString()} minutos`;
}
