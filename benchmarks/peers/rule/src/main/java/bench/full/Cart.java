package bench.full;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A cart whose events may be late: what it was two hours ago, and what happened since.
 *
 * <p>What comes in order is applied as it comes; only what is late has the rest done again.
 */
final class Cart {
    /** The greatest time of an event that touched it; NEVER if none did. */
    long touched = Limits.NEVER;

    /** How many stages of its absence were told since. */
    int told;

    private Lines before = new Lines();
    private List<Change> since = new ArrayList<>(0);
    private Lines now = before;

    boolean isOpen() {
        return now.isOpen();
    }

    /** When a stage is to be told, or the cart to be forgotten. */
    long due() {
        if (touched == Limits.NEVER) {
            return Limits.NEVER;
        }
        if (told < Limits.ABSENCE.length && !now.bySku.isEmpty()) {
            return touched + Limits.ABSENCE[told];
        }
        return forgotten();
    }

    long forgotten() {
        return touched + Limits.CART_FORGOTTEN;
    }

    /** Take up an event, be it late or not; {@code again} if its order was known. */
    void take(Event event, Orders orders, boolean again) {
        if (event.type.touchesCart() && (touched == Limits.NEVER || event.time > touched)) {
            touched = event.time;
            told = 0;
        }
        settle(event.clock - Limits.LATEST, orders);
        Change change = Change.of(event);
        int at = since.size();
        while (at > 0 && since.get(at - 1).time() > change.time()) {
            at--;
        }
        boolean last = at == since.size() && !again;
        since.add(at, change);
        if (!last) {
            recount(orders);
            return;
        }
        if (now == before) {
            now = before.copy();
        }
        now.apply(change, orders);
    }

    /** Nothing comes any more that happened before so long ago. */
    private void settle(long time, Orders orders) {
        int settled = 0;
        while (settled < since.size() && since.get(settled).time() < time) {
            settled++;
        }
        if (settled == 0) {
            return;
        }
        if (settled == since.size()) {
            before = now;
            since.clear();
            return;
        }
        for (Change change : since.subList(0, settled)) {
            before.apply(change, orders);
        }
        since.subList(0, settled).clear();
    }

    private void recount(Orders orders) {
        now = before.copy();
        for (Change change : since) {
            now.apply(change, orders);
        }
    }

    Cart copy() {
        Cart copy = new Cart();
        copy.touched = touched;
        copy.told = told;
        copy.before = before.copy();
        copy.since = new ArrayList<>(since);
        copy.now = now == before ? copy.before : now.copy();
        return copy;
    }

    void write(Bytes out) {
        out.putLong(touched);
        out.putByte(told);
        before.write(out);
        out.putInt(since.size());
        since.forEach(change -> change.write(out));
    }

    static Cart read(Bytes in, Orders orders) {
        Cart cart = new Cart();
        cart.touched = in.nextLong();
        cart.told = in.nextByte();
        cart.now = cart.before = Lines.read(in);
        for (int left = in.nextInt(); left > 0; left--) {
            cart.since.add(Change.read(in));
        }
        if (!cart.since.isEmpty()) {
            cart.recount(orders);
        }
        return cart;
    }

    void tell(JsonGenerator out) throws IOException {
        if (!isOpen()) {
            out.writeNullField("cart");
            return;
        }
        out.writeObjectFieldStart("cart");
        out.writeNumberField("touched", touched);
        if (now.checkout == Limits.NEVER) {
            out.writeNullField("checkout");
        } else {
            out.writeNumberField("checkout", now.checkout);
        }
        out.writeNumberField("told", now.bySku.isEmpty() ? 0 : told);
        out.writeArrayFieldStart("lines");
        for (Map.Entry<String, Lines.Line> line : now.bySku.entrySet()) {
            out.writeStartArray();
            out.writeString(line.getKey());
            out.writeNumber(line.getValue().quantity);
            out.writeNumber(Math.round(100 * line.getValue().price));
            out.writeNumber(line.getValue().changed);
            out.writeEndArray();
        }
        out.writeEndArray();
        out.writeEndObject();
    }
}
