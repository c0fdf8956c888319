import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;

/** java.net.http as a WebSocket client. A message may come in several parts. */
class JdkWebSocket {
    static final Pattern CURSOR = Pattern.compile("\"cursor\":\"([^\"]*)\"");
    static String cursor = "";

    static class Listener implements WebSocket.Listener {
        final CompletableFuture<Void> end = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                System.out.println(text);
                var match = CURSOR.matcher(text);
                if (match.find()) cursor = "&cursor=" + match.group(1);
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            end.complete(null);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            end.complete(null);
        }
    }

    public static void main(String[] arguments) throws Exception {
        var client = HttpClient.newHttpClient();
        var address = arguments[0].replaceFirst("http", "ws") + "/v1/live?edition=en";
        while (true) {
            try {
                var listener = new Listener();
                client.newWebSocketBuilder().buildAsync(URI.create(address + cursor), listener).join();
                listener.end.join();
            } catch (java.util.concurrent.CompletionException error) {
                // The node is away.
            }
            Thread.sleep(200);
            System.out.println("reopen");
        }
    }
}
