function t(t){try{return Intl.getCanonicalLocales(t)[0]}catch{}}function n(n,r,c){const o=function(t){try{return t.words??JSON.parse(t.querySelector("script[type='application/json']")?.textContent??"")}catch{}}(n);if(!o)return r;const e=o.latest??o.breaking??r.latest;return{...r,...o,latest:e,lang:t(o.lang)||t(c)||r.lang}}export{n as merged};
//# sourceMappingURL=own-words.js.map
