import java.nio.file.Path;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** The real Neo4j engine behind Bolt on this machine only: FOLDER PORT, the password in LOANTRAIL_NEO4J_PASSWORD. */
public final class Neo4jServer {
    public static void main(String[] arguments) throws InterruptedException {
        var port = Integer.parseInt(arguments[1]);
        try {
            var server = new DatabaseManagementServiceBuilder(Path.of(arguments[0]).toAbsolutePath())
                    .setConfig(BoltConnector.enabled, true)
                    .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", port))
                    .setConfig(GraphDatabaseSettings.auth_enabled, true)
                    .setConfig(GraphDatabaseSettings.udc_enabled, false)
                    .setConfig(GraphDatabaseSettings.pagecache_memory, 256L << 20)
                    .build();
            Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
            // Not ALTER USER: that refuses the password it already has, at every start but the first.
            server.database("system").executeTransactionally(
                    "CREATE OR REPLACE USER neo4j SET PASSWORD $password CHANGE NOT REQUIRED",
                    Map.of("password", System.getenv("LOANTRAIL_NEO4J_PASSWORD")));
        } catch (RuntimeException failure) {
            // Threads of a half-started server would keep the process alive and mute.
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) System.err.println(cause.getMessage());
            System.exit(1);
        }
        System.out.println("ready on bolt://127.0.0.1:" + port);
        Thread.currentThread().join();
    }
}
