package bench.full;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Orders as facts: each once, at the earliest time at which it is told to have been. */
final class Orders {
    private record Order(String name, long time) {}

    private final List<Order> orders = new ArrayList<>(0);

    /** Keep an order in order of time; return whether it was known. */
    boolean keep(String name, long time) {
        int known = indexOf(name);
        if (known >= 0 && orders.get(known).time <= time) {
            return true;
        }
        if (known >= 0) {
            orders.remove(known);
        }
        int at = orders.size();
        while (at > 0 && orders.get(at - 1).time > time) {
            at--;
        }
        orders.add(at, new Order(name, time));
        long since = orders.get(orders.size() - 1).time - Limits.ORDERS_KEPT;
        while (orders.get(0).time <= since || orders.size() > Limits.ORDERS) {
            orders.remove(0);
        }
        return known >= 0;
    }

    /** Is this when the order was first told to have been? */
    boolean isFirst(String name, long time) {
        int at = indexOf(name);
        return at >= 0 && orders.get(at).time == time;
    }

    private int indexOf(String name) {
        for (int at = orders.size() - 1; at >= 0; at--) {
            if (orders.get(at).name.equals(name)) {
                return at;
            }
        }
        return -1;
    }

    void write(Bytes out) {
        out.putByte(orders.size());
        for (Order order : orders) {
            out.putText(order.name);
            out.putLong(order.time);
        }
    }

    static Orders read(Bytes in) {
        Orders orders = new Orders();
        for (int left = in.nextByte(); left > 0; left--) {
            orders.orders.add(new Order(in.text(), in.nextLong()));
        }
        return orders;
    }

    Orders copy() {
        Orders copy = new Orders();
        copy.orders.addAll(orders);
        return copy;
    }

    void tell(JsonGenerator out) throws IOException {
        out.writeArrayFieldStart("orders");
        for (Order order : orders) {
            out.writeStartArray();
            out.writeString(order.name);
            out.writeNumber(order.time);
            out.writeEndArray();
        }
        out.writeEndArray();
    }
}
