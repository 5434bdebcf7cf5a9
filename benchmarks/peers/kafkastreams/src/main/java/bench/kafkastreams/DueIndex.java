package bench.kafkastreams;

import bench.rule.CustomerContext;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** When each customer of one partition is due, earliest first. */
final class DueIndex {
    private record Entry(long due, String customer) {}

    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>((left, right) -> Long.compare(left.due, right.due));
    private final Map<String, Long> dues = new HashMap<>();

    /** Remember a customer's due time in place of the former one. */
    void set(String customer, long due) {
        if (due == CustomerContext.NEVER) {
            dues.remove(customer);
            return;
        }
        Long former = dues.put(customer, due);
        if (former == null || former != due) {
            queue.add(new Entry(due, customer));
        }
    }

    /** Take out a customer who is due by the clock, or return null. */
    String next(long clock) {
        while (!queue.isEmpty() && queue.peek().due <= clock) {
            Entry entry = queue.poll();
            if (dues.remove(entry.customer, entry.due)) {
                return entry.customer;
            }
        }
        return null;
    }
}
