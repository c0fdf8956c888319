// Node's own fetch: the body as it arrives; the cursor goes back as Last-Event-ID.
let cursor = "";
for (;;) {
  try {
    const headers = { Accept: "text/event-stream", ...(cursor && { "Last-Event-ID": cursor }) };
    const { body } = await fetch(`${process.argv[2]}/v1/live?edition=en`, { headers });
    let rest = "";
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith("data: ")) console.log(line.slice(6));
        if (line.startsWith("id: ")) cursor = line.slice(4);
      }
    }
  } catch {
    // The node is away.
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  console.log("reopen");
}
