package bench.full;

import java.util.Arrays;

/** The hashes of the ids of a customer's events, in order of arrival, each with its clock. */
final class Ids {
    private static final long OFFSET = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private long[] hashes = new long[8];
    private long[] clocks = new long[8];
    private int count;

    /** Remember an id; return false if it was known. */
    boolean add(String id, long clock) {
        long hash = hash(id);
        for (int at = count - 1; at >= 0; at--) {
            if (hashes[at] == hash) {
                return false;
            }
        }
        append(hash, clock);
        return true;
    }

    private void append(long hash, long clock) {
        if (count == hashes.length) {
            forget(clock);
        }
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, count + Math.max(8, count / 2));
            clocks = Arrays.copyOf(clocks, hashes.length);
        }
        hashes[count] = hash;
        clocks[count++] = clock;
    }

    /** Let those go that are older than a day and not among the last thousand. */
    private void forget(long clock) {
        int gone = 0;
        while (count - gone > Limits.REFUSED_LAST
                && clocks[gone] < clock - Limits.REFUSED_WITHIN - Limits.LATEST) {
            gone++;
        }
        count -= gone;
        System.arraycopy(hashes, gone, hashes, 0, count);
        System.arraycopy(clocks, gone, clocks, 0, count);
    }

    private static long hash(String id) {
        long hash = OFFSET;
        for (int at = 0; at < id.length(); at++) {
            hash = (hash ^ id.charAt(at)) * PRIME;
        }
        return hash;
    }

    void write(Bytes out) {
        out.putLongs(hashes, count);
        out.putLongs(clocks, count);
    }

    static Ids read(Bytes in) {
        Ids ids = new Ids();
        ids.hashes = in.longs();
        ids.clocks = in.longs();
        ids.count = ids.hashes.length;
        return ids;
    }

    Ids copy() {
        Ids copy = new Ids();
        copy.hashes = Arrays.copyOf(hashes, count);
        copy.clocks = Arrays.copyOf(clocks, count);
        copy.count = count;
        return copy;
    }
}
