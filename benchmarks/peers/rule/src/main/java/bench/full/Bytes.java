package bench.full;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A buffer that grows, to write values into one after the other, or to read them from. */
public final class Bytes {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final ThreadLocal<Bytes> SCRATCH =
            ThreadLocal.withInitial(() -> new Bytes(new byte[1 << 12]));
    private static final ThreadLocal<Bytes> OUT =
            ThreadLocal.withInitial(() -> new Bytes(new byte[1 << 14]));

    private byte[] bytes;
    private int at;

    public Bytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A buffer of this thread's for one small value. */
    static Bytes scratch() {
        Bytes scratch = SCRATCH.get();
        scratch.at = 0;
        return scratch;
    }

    /** A buffer of this thread's for a whole customer. */
    static Bytes out() {
        Bytes out = OUT.get();
        out.at = 0;
        return out;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, at);
    }

    /** What was written, its length in its first byte. */
    byte[] toBytesWithLength() {
        bytes[0] = (byte) at;
        return toBytes();
    }

    private void ensure(int more) {
        if (at + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, at + more));
        }
    }

    static long longAt(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    public void putByte(int value) {
        ensure(1);
        bytes[at++] = (byte) value;
    }

    public byte nextByte() {
        return bytes[at++];
    }

    public void putInt(int value) {
        ensure(4);
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes[at++] = (byte) (value >> shift);
        }
    }

    public int nextInt() {
        int value = 0;
        for (int end = at + 4; at < end; at++) {
            value = value << 8 | bytes[at] & 0xff;
        }
        return value;
    }

    public void putLong(long value) {
        ensure(8);
        LONG.set(bytes, at, value);
        at += 8;
    }

    public long nextLong() {
        long value = longAt(bytes, at);
        at += 8;
        return value;
    }

    public void putDouble(double value) {
        putLong(Double.doubleToRawLongBits(value));
    }

    public double nextDouble() {
        return Double.longBitsToDouble(nextLong());
    }

    /** Write a text of at most 255 bytes; null and the empty text are the same. */
    public void putText(String text) {
        if (text == null) {
            putByte(0);
            return;
        }
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        putByte(value.length);
        ensure(value.length);
        System.arraycopy(value, 0, bytes, at, value.length);
        at += value.length;
    }

    public String text() {
        int length = nextByte() & 0xff;
        if (length == 0) {
            return "";
        }
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    void putBytes(byte[] value, int length) {
        putInt(length);
        ensure(length);
        System.arraycopy(value, 0, bytes, at, length);
        at += length;
    }

    byte[] bytes() {
        int length = nextInt();
        byte[] value = Arrays.copyOfRange(bytes, at, at + length);
        at += length;
        return value;
    }

    void putLongs(long[] values, int count) {
        putInt(count);
        ensure(8 * count);
        ByteBuffer.wrap(bytes, at, 8 * count).asLongBuffer().put(values, 0, count);
        at += 8 * count;
    }

    long[] longs() {
        long[] values = new long[nextInt()];
        ByteBuffer.wrap(bytes, at, 8 * values.length).asLongBuffer().get(values);
        at += 8 * values.length;
        return values;
    }
}
