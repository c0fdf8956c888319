import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** java.net.http: server-sent events as lines, and the id of the newest as Last-Event-ID. */
class JdkLines {
    static String cursor = null;

    public static void main(String[] arguments) throws Exception {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var address = URI.create(arguments[0] + "/v1/live?edition=en");
        while (true) {
            var request = HttpRequest.newBuilder(address).header("Accept", "text/event-stream");
            if (cursor != null) request.header("Last-Event-ID", cursor);
            try (var lines = client.send(request.build(), BodyHandlers.ofLines()).body()) {
                lines.forEach(line -> {
                    if (line.startsWith("data: ")) System.out.println(line.substring(6));
                    if (line.startsWith("id: ")) cursor = line.substring(4);
                });
            } catch (java.io.IOException | java.io.UncheckedIOException error) {
                // The node is away.
            }
            Thread.sleep(200);
            System.out.println("reopen");
        }
    }
}
