/** A page in React with one ticker that hydrates and one that an effect makes. */

import { useCallback, useEffect, useRef, useState } from "react";

/** Strict mode mounts it, unmounts it and mounts it again. */
function Made() {
  const place = useRef(null);
  useEffect(() => {
    const ticker = document.createElement("breaking-ticker");
    ticker.setAttribute("src", "/v1/live");
    ticker.setAttribute("edition", "en");
    ticker.setAttribute("layout", "line");
    place.current.append(ticker);
    return () => ticker.remove();
  }, []);
  return <div id="made" ref={place} />;
}

export function App() {
  const [section, setSection] = useState("sport");
  const [count, setCount] = useState(0);
  const [isShown, setShown] = useState(true);
  // React 19 adds no listener of `onticker-item` while it hydrates (its issue 35446); a ref is there at once.
  const listen = useCallback((ticker) => {
    const add = () => setCount((number) => number + 1);
    ticker.addEventListener("ticker-item", add);
    return () => ticker.removeEventListener("ticker-item", add);
  }, []);
  return (
    <main>
      <h1>React</h1>
      <button type="button" onClick={() => setSection("arts")}>
        Arts
      </button>
      <button type="button" onClick={() => setShown(!isShown)}>
        Toggle
      </button>
      <output>{count}</output>
      {isShown && (
        <breaking-ticker
          id="own"
          src="/v1/live"
          edition="en"
          section={section}
          ref={listen}
        >
          <ol>
            <li>A line that the server rendered</li>
          </ol>
        </breaking-ticker>
      )}
      <Made />
    </main>
  );
}
