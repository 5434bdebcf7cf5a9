package bench.full;

/** One event of the input. */
public final class Event {
    public String id;
    public Type type;
    public String channel;
    public String customer;
    public long time;
    public String visit = "";
    public String order = "";
    public String sku = "";
    public int quantity;
    public double price;

    /** The clock of its partition as it arrived; the engine sets it. */
    public long clock;

    public byte[] toBytes() {
        Bytes out = Bytes.out();
        out.putText(id);
        out.putByte(type.ordinal());
        out.putText(channel);
        out.putText(customer);
        out.putLong(time);
        out.putText(visit);
        out.putText(order);
        out.putText(sku);
        out.putInt(quantity);
        out.putDouble(price);
        out.putLong(clock);
        return out.toBytes();
    }

    public static Event of(byte[] bytes) {
        Bytes in = new Bytes(bytes);
        Event event = new Event();
        event.id = in.text();
        event.type = Type.of(in.nextByte());
        event.channel = in.text();
        event.customer = in.text();
        event.time = in.nextLong();
        event.visit = in.text();
        event.order = in.text();
        event.sku = in.text();
        event.quantity = in.nextInt();
        event.price = in.nextDouble();
        event.clock = in.nextLong();
        return event;
    }
}
