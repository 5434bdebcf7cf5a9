package bench.flink.full;

import bench.flink.Connectors;
import bench.full.Customer;
import bench.full.Event;
import bench.rule.Job;
import bench.rule.Marks;
import java.time.Duration;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * RULES-FULL.md by Flink. Arguments: parallelism, how events come to their customers (exchanged,
 * chained), state that expires or not (ttl, kept), then settings of Flink as {@code name=value}.
 *
 * <p>Chained, which takes a parallelism of one, nothing need be exchanged: all keys are at hand.
 */
public final class FullPeer {
    private static final Duration EXPIRES = Duration.ofDays(30);

    private FullPeer() {}

    public static void main(String[] arguments) throws Exception {
        Job job = Job.fromEnvironment();
        StreamExecutionEnvironment environment = environment(job, arguments);
        DataStream<Event> events =
                environment.fromSource(
                        Connectors.source(job, new Events()),
                        Connectors.watermarks((event, ignored) -> event.time),
                        "events");
        keyed(events, arguments[1])
                .transform(
                        "follow",
                        TypeInformation.of(Told.class),
                        new FollowOperator(descriptor(arguments[2])))
                .sinkTo(
                        Connectors.sink(
                                job,
                                DeliveryGuarantee.EXACTLY_ONCE,
                                new Records(job.output(), job.states())));
        environment.execute("follow");
        Marks.done();
        Marks.told();
        System.exit(0);
    }

    private static KeyedStream<Event, String> keyed(DataStream<Event> events, String way) {
        return way.equals("chained")
                ? DataStreamUtils.reinterpretAsKeyedStream(
                        events, event -> event.customer, Types.STRING)
                : events.keyBy(event -> event.customer, Types.STRING);
    }

    private static ValueStateDescriptor<Customer> descriptor(String lifetime) {
        ValueStateDescriptor<Customer> descriptor =
                new ValueStateDescriptor<>("context", new CustomerSerializer());
        if (lifetime.equals("ttl")) {
            descriptor.enableTimeToLive(
                    StateTtlConfig.newBuilder(EXPIRES)
                            .setUpdateType(StateTtlConfig.UpdateType.OnCreateAndWrite)
                            .build());
        }
        return descriptor;
    }

    private static StreamExecutionEnvironment environment(Job job, String[] arguments) {
        Configuration settings = Connectors.settings(job);
        for (int at = 3; at < arguments.length; at++) {
            String[] setting = arguments[at].split("=", 2);
            settings.setString(setting[0], setting[1]);
        }
        return StreamExecutionEnvironment.createLocalEnvironment(
                Integer.parseInt(arguments[0]), settings);
    }
}
