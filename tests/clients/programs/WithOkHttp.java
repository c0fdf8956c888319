import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/** OkHttp with its defaults, as a WebSocket client or as one for server-sent events (`events`). */
class WithOkHttp {
    static final Pattern CURSOR = Pattern.compile("\"cursor\":\"([^\"]*)\"");
    // Its read timeout is 10 s, so the node must speak more often.
    static final String QUERY = "/v1/live?edition=en&heartbeat=5";
    static volatile String cursor = "";

    static void received(String text) {
        System.out.println(text);
        var match = CURSOR.matcher(text);
        if (match.find()) cursor = match.group(1);
    }

    static void socket(OkHttpClient client, String address, CountDownLatch end) {
        var from = cursor.isEmpty() ? "" : "&cursor=" + cursor;
        client.newWebSocket(new Request.Builder().url(address + QUERY + from).build(), new WebSocketListener() {
            @Override
            public void onMessage(WebSocket socket, String text) {
                received(text);
            }

            @Override
            public void onClosing(WebSocket socket, int code, String reason) {
                socket.close(1000, null);
            }

            @Override
            public void onClosed(WebSocket socket, int code, String reason) {
                end.countDown();
            }

            @Override
            public void onFailure(WebSocket socket, Throwable error, Response response) {
                end.countDown();
            }
        });
    }

    static void events(OkHttpClient client, String address, CountDownLatch end) {
        var request = new Request.Builder().url(address + QUERY);
        if (!cursor.isEmpty()) request.header("Last-Event-ID", cursor);
        EventSources.createFactory(client).newEventSource(request.build(), new EventSourceListener() {
            @Override
            public void onEvent(EventSource source, String id, String type, String data) {
                received(data);
            }

            @Override
            public void onClosed(EventSource source) {
                end.countDown();
            }

            @Override
            public void onFailure(EventSource source, Throwable error, Response response) {
                end.countDown();
            }
        });
    }

    public static void main(String[] arguments) throws Exception {
        var client = new OkHttpClient();
        while (true) {
            var end = new CountDownLatch(1);
            if (arguments[0].equals("events")) events(client, arguments[1], end);
            else socket(client, arguments[1], end);
            end.await();
            Thread.sleep(200);
            System.out.println("reopen");
        }
    }
}
