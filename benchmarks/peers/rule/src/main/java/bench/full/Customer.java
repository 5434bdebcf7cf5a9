package bench.full;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What is kept of one customer, and the rule of RULES-FULL.md, an event at a time. */
public final class Customer {
    public static final long NEVER = Limits.NEVER;

    public final String name;

    /** When the engine will look at this customer next; NEVER if it will not. */
    public long timer = NEVER;

    private long touched = Long.MIN_VALUE;
    private long present;
    private String channel = "";
    private int stage;
    private long stageSince = Limits.NEVER;
    private Visit visit;
    private List<Visit> visits = new ArrayList<>(0);
    private List<String> journeys = new ArrayList<>(1);
    private Ids ids = new Ids();
    private Trail trail = new Trail();
    private Orders orders = new Orders();
    private Cart cart = new Cart();

    public Customer(String name) {
        this.name = name;
    }

    /**
     * Let time pass up to the event's clock, judge the event, apply it; refuse what came before.
     *
     * <p>Return whether anything is other than before.
     */
    public boolean follow(Event event, Consumer<Output> out) {
        boolean passed = passTime(event.clock, out);
        if (!ids.add(event.id, event.clock)) {
            return passed;
        }
        boolean isPresent = event.time >= present;
        if (isPresent && event.type.isByCustomer()) {
            judgeSwitch(event, out);
        }
        beginJourney(event);
        shop(event);
        trail.add(event);
        touched = Math.max(touched, event.time);
        if (isPresent) {
            moveOn(event);
        }
        reach(event);
        passTime(event.clock, out);
        return true;
    }

    /** When something is to be told or forgotten next; NEVER if nothing is. */
    public long due() {
        return cart.due();
    }

    /** Tell and forget what is due by the clock; return whether anything was. */
    public boolean passTime(long clock, Consumer<Output> out) {
        boolean passed = cart.due() <= clock;
        for (long due = cart.due(); due <= clock && due != Limits.NEVER; due = cart.due()) {
            if (due == cart.forgotten()) {
                cart = new Cart();
            } else {
                out.accept(new Output(Limits.ABANDONED[cart.told++], name, due, null, null));
            }
        }
        return passed;
    }

    private void judgeSwitch(Event event, Consumer<Output> out) {
        if (!channel.isEmpty()
                && !channel.equals(event.channel)
                && event.time <= present + Limits.SWITCHED_WITHIN
                && cart.isOpen()) {
            out.accept(new Output("switch", name, event.time, channel, event.channel));
        }
    }

    private void beginJourney(Event event) {
        boolean first = touched == Long.MIN_VALUE;
        if ((first || event.time > touched + Limits.JOURNEY_GAP) && !cart.isOpen()) {
            journeys.add(event.id);
            if (journeys.size() > Limits.JOURNEYS) {
                journeys.remove(0);
            }
        }
    }

    private void shop(Event event) {
        if (event.type.touchesCart()) {
            cart.take(event, orders, false);
        } else if (event.type == Type.ORDER_COMPLETED) {
            boolean again = orders.keep(event.order, event.time);
            cart.take(event, orders, again);
        }
    }

    private void moveOn(Event event) {
        if (event.type.isByCustomer()) {
            channel = event.channel;
            present = event.time;
        }
        if (event.visit.isEmpty() || (visit != null && visit.name().equals(event.visit))) {
            return;
        }
        Visit left = visit;
        visit = new Visit(event.channel, event.visit, event.time);
        if (left != null && !left.channel().equals(event.channel)) {
            visits.removeIf(other -> other.channel().equals(left.channel()));
            visits.add(left);
            if (visits.size() > Limits.VISITS) {
                visits.remove(0);
            }
        }
    }

    private void reach(Event event) {
        int reached = event.type.stage;
        if (reached > stage || stageSince == Limits.NEVER) {
            stage = reached;
            stageSince = event.time;
        } else if (reached == stage) {
            stageSince = Math.min(stageSince, event.time);
        }
    }

    public Customer copy() {
        Customer copy = new Customer(name);
        copy.timer = timer;
        copy.touched = touched;
        copy.present = present;
        copy.channel = channel;
        copy.stage = stage;
        copy.stageSince = stageSince;
        copy.visit = visit;
        copy.visits = new ArrayList<>(visits);
        copy.journeys = new ArrayList<>(journeys);
        copy.ids = ids.copy();
        copy.trail = trail.copy();
        copy.orders = orders.copy();
        copy.cart = cart.copy();
        return copy;
    }

    public byte[] toBytes() {
        Bytes out = Bytes.out();
        out.putText(name);
        out.putLong(timer);
        out.putLong(touched);
        out.putLong(present);
        out.putText(channel);
        out.putByte(stage);
        out.putLong(stageSince);
        out.putByte(visit == null ? 0 : 1);
        if (visit != null) {
            visit.write(out);
        }
        out.putByte(visits.size());
        visits.forEach(each -> each.write(out));
        out.putByte(journeys.size());
        journeys.forEach(out::putText);
        ids.write(out);
        trail.write(out);
        orders.write(out);
        cart.write(out);
        return out.toBytes();
    }

    public static Customer of(byte[] bytes) {
        Bytes in = new Bytes(bytes);
        Customer customer = new Customer(in.text());
        customer.timer = in.nextLong();
        customer.touched = in.nextLong();
        customer.present = in.nextLong();
        customer.channel = in.text();
        customer.stage = in.nextByte();
        customer.stageSince = in.nextLong();
        customer.visit = in.nextByte() == 0 ? null : Visit.read(in);
        for (int left = in.nextByte(); left > 0; left--) {
            customer.visits.add(Visit.read(in));
        }
        for (int left = in.nextByte(); left > 0; left--) {
            customer.journeys.add(in.text());
        }
        customer.ids = Ids.read(in);
        customer.trail = Trail.read(in);
        customer.orders = Orders.read(in);
        customer.cart = Cart.read(in, customer.orders);
        return customer;
    }

    /** Tell what is known, as benchmarks/states.py reads it. */
    public void tell(JsonGenerator out) throws IOException {
        out.writeStartObject();
        out.writeStringField("customer_id", name);
        out.writeNumberField("touched", touched);
        out.writeStringField("channel", channel);
        out.writeNumberField("present", present);
        out.writeStringField("stage", Limits.STAGES[stage]);
        out.writeNumberField("stage_since", stageSince);
        trail.tell(out);
        if (visit == null) {
            out.writeNullField("visit");
        } else {
            out.writeFieldName("visit");
            visit.tell(out);
        }
        out.writeArrayFieldStart("visits");
        for (Visit each : visits) {
            each.tell(out);
        }
        out.writeEndArray();
        out.writeArrayFieldStart("journeys");
        for (String journey : journeys) {
            out.writeString(journey);
        }
        out.writeEndArray();
        cart.tell(out);
        orders.tell(out);
        out.writeEndObject();
    }
}
