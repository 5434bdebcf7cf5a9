package bench.full;

import java.util.TreeMap;

/** A cart as events in order of time leave it: its lines, its checkout, when it was closed. */
final class Lines {
    /** One article. */
    static final class Line {
        int quantity;
        double price;
        long changed;
    }

    final TreeMap<String, Line> bySku = new TreeMap<>();
    long checkout = Limits.NEVER;

    /** When an order closed the cart, as long as nothing was put in since. */
    private long closed = Limits.NEVER;

    boolean isOpen() {
        return !bySku.isEmpty() || checkout != Limits.NEVER;
    }

    /** Apply what happened after all that was applied before. */
    void apply(Change change, Orders orders) {
        switch (change.type()) {
            case CART_ITEM_ADDED -> put(change);
            case CART_ITEM_REMOVED -> take(change);
            case CHECKOUT_STARTED -> start(change.time());
            case ORDER_COMPLETED -> {
                if (orders.isFirst(change.about(), change.time())) {
                    close(change.time());
                }
            }
            default -> throw new IllegalArgumentException(change.type().text);
        }
    }

    private void put(Change change) {
        Line line = bySku.computeIfAbsent(change.about(), sku -> new Line());
        line.quantity += change.quantity();
        line.price = change.price();
        line.changed = change.time();
        closed = Limits.NEVER;
    }

    private void take(Change change) {
        Line line = bySku.get(change.about());
        if (line == null) {
            return;
        }
        line.quantity -= change.quantity();
        line.changed = change.time();
        if (line.quantity <= 0) {
            bySku.remove(change.about());
        }
    }

    private void start(long time) {
        boolean echo = closed != Limits.NEVER && time <= closed + Limits.ECHO;
        if (!echo && checkout == Limits.NEVER) {
            checkout = time;
        }
    }

    private void close(long time) {
        if (isOpen()) {
            bySku.clear();
            checkout = Limits.NEVER;
            closed = time;
        }
    }

    Lines copy() {
        Lines copy = new Lines();
        copy.checkout = checkout;
        copy.closed = closed;
        bySku.forEach(
                (sku, line) -> {
                    Line same = new Line();
                    same.quantity = line.quantity;
                    same.price = line.price;
                    same.changed = line.changed;
                    copy.bySku.put(sku, same);
                });
        return copy;
    }

    void write(Bytes out) {
        out.putLong(checkout);
        out.putLong(closed);
        out.putInt(bySku.size());
        bySku.forEach(
                (sku, line) -> {
                    out.putText(sku);
                    out.putInt(line.quantity);
                    out.putDouble(line.price);
                    out.putLong(line.changed);
                });
    }

    static Lines read(Bytes in) {
        Lines lines = new Lines();
        lines.checkout = in.nextLong();
        lines.closed = in.nextLong();
        for (int left = in.nextInt(); left > 0; left--) {
            Line line = new Line();
            lines.bySku.put(in.text(), line);
            line.quantity = in.nextInt();
            line.price = in.nextDouble();
            line.changed = in.nextLong();
        }
        return lines;
    }
}
