package bench.kafkastreams.full;

import bench.full.Customer;
import java.util.PriorityQueue;

/** When each customer of one partition is to be looked at; who moved on is looked at in vain. */
final class Dues {
    private record Entry(long at, String customer) {}

    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>((left, right) -> Long.compare(left.at, right.at));

    /** Look at a customer when something is due, unless that will be sooner anyway. */
    void watch(Customer customer) {
        long due = customer.due();
        if (due < customer.timer) {
            customer.timer = due;
            restore(customer);
        }
    }

    /** Look at a customer when that was meant to be. */
    void restore(Customer customer) {
        if (customer.timer != Customer.NEVER) {
            queue.add(new Entry(customer.timer, customer.name));
        }
    }

    boolean isReached(long clock) {
        return !queue.isEmpty() && queue.peek().at <= clock;
    }

    /** Take the first entry: its time, and whose it is. */
    long time() {
        return queue.peek().at;
    }

    String take() {
        return queue.poll().customer;
    }
}
