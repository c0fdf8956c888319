import { createApp, ref } from "vue";

const app = createApp({
  setup: () => ({ section: ref("sport"), count: ref(0), isShown: ref(true) }),
  template: `
    <main>
      <h1>Vue</h1>
      <button type="button" @click="section = 'arts'">Arts</button>
      <button type="button" @click="isShown = !isShown">Toggle</button>
      <output>{{ count }}</output>
      <breaking-ticker v-if="isShown" id="own" src="/v1/live" edition="en" :section="section" @ticker-item="count++">
        <ol><li>A line of the page</li></ol>
      </breaking-ticker>
    </main>`,
});
app.config.compilerOptions.isCustomElement = (tag) => tag.startsWith("breaking-");
app.config.warnHandler = (warning) => console.warn(warning);
app.mount("#app");
