package bench.full;

/** What one event does to a cart; {@code about} is its SKU, or its order. */
record Change(Type type, long time, String about, int quantity, double price) {
    static Change of(Event event) {
        String about = event.type == Type.ORDER_COMPLETED ? event.order : event.sku;
        return new Change(event.type, event.time, about, event.quantity, event.price);
    }

    void write(Bytes out) {
        out.putByte(type.ordinal());
        out.putLong(time);
        out.putText(about);
        out.putInt(quantity);
        out.putDouble(price);
    }

    static Change read(Bytes in) {
        return new Change(
                Type.of(in.nextByte()), in.nextLong(), in.text(), in.nextInt(), in.nextDouble());
    }
}
