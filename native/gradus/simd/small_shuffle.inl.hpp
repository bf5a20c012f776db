// The orders of simd/shuffle.inl.hpp for fewer than 256 rows, epoch after epoch. A coordinate then
// has at most 16 values, so a round is a table of 16 bytes: each hash is computed once for all
// rows, and sixteen rows look theirs up at once.
#pragma once

#include "simd/shuffle.inl.hpp"

namespace GRADUS_ISA {

class SmallShuffle {
public:
    static constexpr std::uint64_t kMost = 255;

    /// `order` gives the rows, their grid and the rounds, `key` that of all epochs.
    SmallShuffle(const RowOrder& order, std::uint64_t key)
        : order_(order), key_(key), n_(static_cast<std::ptrdiff_t>(order.n)) {
        const auto width = static_cast<std::ptrdiff_t>(order.width);
        if (order.n > kMost) return;
        at_once_ = kLanes / width;
        std::ptrdiff_t left = 0, right = 0, at = 0;
        for (std::ptrdiff_t e = 0; e < at_once_; ++e, left = right = 0) {
            for (std::ptrdiff_t i = 0; i < n_; ++i, ++at) {
                lefts_[at] = static_cast<std::uint8_t>(left);
                rights_[at] = static_cast<std::uint8_t>(right);
                firsts_[at] = static_cast<std::uint8_t>(e * width);
                if (++left == width) left = 0, ++right;
            }
        }
        for (std::ptrdiff_t more = 0; more < kLanes; ++more)
            lefts_[at + more] = rights_[at + more] = firsts_[at + more] = 0;
        for (std::ptrdiff_t v = 0; v < kLanes; ++v)
            times_width_[v] = static_cast<std::uint8_t>(v * width);
    }

    /// So many epochs take the time of one.
    std::ptrdiff_t at_once() const { return at_once_; }

    /// out[e * n + i] = the row at position i of epoch first + e, e < n_epochs <= at_once(). Writes
    /// up to 15 numbers more.
    void epochs(std::int64_t first, std::ptrdiff_t n_epochs, std::int64_t* out) {
        make_tables(first);
        for (std::ptrdiff_t at = 0; at < n_epochs * n_; at += kLanes) walk(at, out + at);
    }

private:
    static constexpr std::ptrdiff_t kLanes = 16, kHalf = 8;
    static constexpr std::uint64_t kMostRounds = 24;

    // By how much value v of a coordinate shifts the other one in each round: for epoch first + e
    // in lane e * width + v.
    void make_tables(std::int64_t first) {
        std::uint64_t base[kLanes] = {};
        std::ptrdiff_t lane = 0;
        for (std::ptrdiff_t e = 0; e < at_once_; ++e) {
            const std::uint64_t key = epoch_key(key_, first + e);
            for (std::uint64_t v = 0; v < order_.width; ++v) base[lane++] = key + v * kGolden;
        }
        for (lane = 0; lane < kLanes; lane += kHalf) {
            for (std::uint64_t r = 0; r < order_.n_rounds; r += 2) {
                hash(base + lane, r * kRoundStride, order_.width, tables_[r] + lane);
                hash(base + lane, (r + 1) * kRoundStride, order_.height, tables_[r + 1] + lane);
            }
        }
    }
    static void hash(const std::uint64_t* base, std::uint64_t key, std::uint64_t below,
                     std::uint8_t* table) {
        for (std::ptrdiff_t i = 0; i < kHalf; ++i)
            table[i] = static_cast<std::uint8_t>(round_shift(base[i] + key, below));
    }

    // The rows at sixteen places of the group's epochs. What has landed inside waits for the
    // others.
    void walk(std::ptrdiff_t at, std::int64_t* out) const {
        const Bytes first = Bytes::load(firsts_ + at), last = byte(order_.n - 1);
        const Bytes width = byte(order_.width), height = byte(order_.height);
        Bytes left = Bytes::load(lefts_ + at), right = Bytes::load(rights_ + at), row;
        Bytes is_inside = byte(0);
        do {
            const Bytes old_left = left, old_right = right;
            for (std::uint64_t r = 0; r < order_.n_rounds; r += 2) {
                left = shifted(left, look_up(Bytes::load(tables_[r]), first + right), width);
                right = shifted(right, look_up(Bytes::load(tables_[r + 1]), first + left), height);
            }
            left = where(is_inside, old_left, left);
            right = where(is_inside, old_right, right);
            row = look_up(Bytes::load(times_width_), right) + left;
            is_inside = equal(min(row, last), row);
        } while (!is_everywhere(is_inside));
        std::uint8_t rows[kLanes];
        row.store(rows);
        for (std::ptrdiff_t i = 0; i < kLanes; ++i) out[i] = rows[i];
    }
    static Bytes byte(std::uint64_t x) { return Bytes::set(static_cast<std::uint8_t>(x)); }
    // The lesser of x and x - below, which is large where it passes below zero.
    static Bytes shifted(Bytes to, Bytes by, Bytes below) {
        const Bytes sum = to + by;
        return min(sum, sum - below);
    }

    const RowOrder& order_;
    std::uint64_t key_;
    std::ptrdiff_t n_;
    std::ptrdiff_t at_once_;  // epochs whose tables stand side by side
    std::uint8_t tables_[kMostRounds][kLanes];
    // Of each position in these epochs its coordinates and the first lane of its epoch's tables.
    std::uint8_t lefts_[kMost + kLanes], rights_[kMost + kLanes], firsts_[kMost + kLanes];
    std::uint8_t times_width_[kLanes];
};

}  // namespace GRADUS_ISA
