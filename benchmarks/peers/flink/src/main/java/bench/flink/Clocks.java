package bench.flink;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.common.utils.Utils;

/** Each partition's largest event time, for the end of the input where watermarks know no more. */
final class Clocks {
    private static final int PARTITIONS = 4;
    private static final AtomicLongArray LATEST = new AtomicLongArray(PARTITIONS);

    private Clocks() {}

    /** Move a partition's clock; one thread reads a partition. */
    static void reached(int partition, long time) {
        if (time > LATEST.getPlain(partition)) {
            LATEST.lazySet(partition, time);
        }
    }

    static long of(String customer) {
        int hash = Utils.murmur2(customer.getBytes(StandardCharsets.UTF_8));
        return LATEST.get(Utils.toPositive(hash) % PARTITIONS);
    }
}
