package bench.flink;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.common.utils.Utils;

/** Each partition's largest event time, for the end of the input where watermarks know no more. */
public final class Clocks {
    private static final int PARTITIONS = 4;
    private static final AtomicLongArray LATEST = new AtomicLongArray(PARTITIONS);

    private Clocks() {}

    /** Move a partition's clock, and return where it stands; one thread reads a partition. */
    public static long reached(int partition, long time) {
        long clock = Math.max(time, LATEST.getPlain(partition));
        LATEST.lazySet(partition, clock);
        return clock;
    }

    public static long of(String customer) {
        int hash = Utils.murmur2(customer.getBytes(StandardCharsets.UTF_8));
        return LATEST.get(Utils.toPositive(hash) % PARTITIONS);
    }
}
