function t(t){try{return Intl.getCanonicalLocales(t)[0]}catch{}}function n(n,c,r){const o=function(t){try{return t.words??JSON.parse(t.querySelector("script[type='application/json']")?.textContent??"")}catch{}}(n);return o?{...c,...o,lang:t(o.lang)||t(r)||c.lang}:c}export{n as merged};
//# sourceMappingURL=own-words.js.map
