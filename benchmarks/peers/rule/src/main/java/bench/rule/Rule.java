package bench.rule;

import bench.rule.CustomerContext.Item;

/** The rule of RULES.md, for engines that call it with one customer's context at a time. */
public final class Rule {
    static final long WITHIN = 30 * 60 * 1000;
    static final int RECENT = 16;

    private Rule() {}

    /** Return the abandonment that the clock has reached, once; else null. */
    public static Output abandonment(CustomerContext context, String customer, long clock) {
        if (context.due > clock) {
            return null;
        }
        Output output = Output.abandoned(customer, context.due);
        context.due = CustomerContext.NEVER;
        return output;
    }

    /** Apply an event; return the switch that it is, or null. */
    public static Output apply(CustomerContext context, Event event) {
        Output output = null;
        if (!event.type.equals("message.opened")) {
            output = switchOf(context, event);
            context.lastChannel = event.channel;
            context.lastTime = event.time;
        }
        context.counts.merge(event.channel, 1, Integer::sum);
        context.recent.add(event.id);
        if (context.recent.size() > RECENT) {
            context.recent.remove(0);
        }
        applyToCart(context, event);
        return output;
    }

    private static Output switchOf(CustomerContext context, Event event) {
        boolean elsewhere =
                !context.lastChannel.isEmpty() && !context.lastChannel.equals(event.channel);
        return elsewhere && event.time - context.lastTime <= WITHIN
                ? Output.switched(event, context.lastChannel)
                : null;
    }

    private static void applyToCart(CustomerContext context, Event event) {
        switch (event.type) {
            case "cart.item_added" -> add(context, event.data);
            case "cart.item_removed" -> remove(context, event.data);
            case "checkout.started" -> context.stage = "checkout";
            case "order.completed" -> {
                context.cart.clear();
                context.stage = "purchase";
                context.due = CustomerContext.NEVER;
                return;
            }
            default -> {
                return;
            }
        }
        context.due = context.cart.isEmpty() ? CustomerContext.NEVER : event.time + WITHIN;
    }

    private static void add(CustomerContext context, Event.Product product) {
        Item item = context.cart.computeIfAbsent(product.sku, sku -> new Item());
        item.quantity += product.quantity;
        item.price = product.price;
    }

    private static void remove(CustomerContext context, Event.Product product) {
        Item item = context.cart.get(product.sku);
        if (item != null && (item.quantity -= product.quantity) <= 0) {
            context.cart.remove(product.sku);
        }
    }
}
