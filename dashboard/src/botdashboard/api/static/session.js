// A page whose socket is refused asks whether its session still lives; if not, it loads again and
// the guard leads it to the sign-in. Otherwise it would stand there, dead, with what it showed last.
const waiting = setInterval(() => {
  if (!window.socket) return;
  clearInterval(waiting);
  window.socket.on("connect_error", async () => {
    try {
      const answer = await fetch("/session", { redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") window.location.reload();
    } catch {
      // The server is away: the socket tries again by itself.
    }
  });
}, 100);
