package bench.full;

import java.util.HashMap;
import java.util.Map;

/** The types of events, and the stage of the lifecycle that each reaches. */
public enum Type {
    PAGE_VIEWED("page.viewed", 0),
    PRODUCT_VIEWED("product.viewed", 1),
    CART_ITEM_ADDED("cart.item_added", 1),
    CART_ITEM_REMOVED("cart.item_removed", 0),
    CHECKOUT_STARTED("checkout.started", 1),
    ORDER_COMPLETED("order.completed", 3),
    ACCOUNT_CREATED("account.created", 2),
    SUPPORT_CONTACTED("support.contacted", 0),
    MESSAGE_OPENED("message.opened", 0);

    private static final Type[] BY_CODE = values();
    private static final Map<String, Type> BY_NAME = new HashMap<>();

    static {
        for (Type type : BY_CODE) {
            BY_NAME.put(type.text, type);
        }
    }

    public final String text;
    final int stage;

    Type(String text, int stage) {
        this.text = text;
        this.stage = stage;
    }

    public static Type of(String text) {
        return BY_NAME.get(text);
    }

    public static Type of(byte code) {
        return BY_CODE[code];
    }

    boolean isByCustomer() {
        return this != MESSAGE_OPENED;
    }

    boolean changesLine() {
        return this == CART_ITEM_ADDED || this == CART_ITEM_REMOVED;
    }

    boolean touchesCart() {
        return changesLine() || this == CHECKOUT_STARTED;
    }
}
