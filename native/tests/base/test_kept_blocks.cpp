// Blocks kept between calls: what fits is given again, what is small, large or too much is freed,
// and no two threads ever hold the same block.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "base/kept_blocks.hpp"
#include "check.hpp"

using namespace gradus;

namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

bool is_aligned(const Block& block) {
    return reinterpret_cast<std::uintptr_t>(block.bytes) % kAlignment == 0;
}

void check_given_again() {
    const Block first = take_block(2 * kMiB);
    CHECK(is_aligned(first) && first.size >= 2 * kMiB);
    give_back(first);
    const Block again = take_block(3 * kMiB / 2);
    CHECK(again.bytes == first.bytes);
    CHECK(again.size == first.size);
    give_back(again);
    const Block much_smaller = take_block(kLeastKeptBytes);
    CHECK(much_smaller.bytes != first.bytes);
    const Block larger = take_block(4 * kMiB);
    CHECK(larger.bytes != first.bytes && larger.size >= 4 * kMiB);
    give_back(much_smaller);
    give_back(larger);
}

void check_no_block_twice() {
    std::vector<Block> taken;
    for (int i = 0; i < 2 * kMostKeptBlocks; ++i) taken.push_back(take_block(kMiB));
    for (std::size_t i = 0; i < taken.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) CHECK(taken[i].bytes != taken[j].bytes);
    }
    for (const Block& block : taken) give_back(block);
    for (const std::size_t size : {kLeastKeptBytes - kAlignment, kMostKeptBytes + kAlignment}) {
        const Block block = take_block(size);
        CHECK(is_aligned(block) && block.size == size);
        std::memset(block.bytes, 1, size);
        give_back(block);
    }
}

// Each writes its own number all over a block, and must find it there.
void check_threads() {
    constexpr int kThreads = 4, kTimes = 300;
    std::atomic<int> n_strange{0};
    std::vector<std::thread> threads;
    for (int who = 0; who < kThreads; ++who) {
        threads.emplace_back([who, &n_strange] {
            for (int i = 0; i < kTimes; ++i) {
                const std::size_t size = kLeastKeptBytes << (i + who) % 3;
                const Block block = take_block(size);
                std::memset(block.bytes, who + 1, size);
                for (std::size_t at = 0; at < size; at += 4096) {
                    if (block.bytes[at] != static_cast<std::byte>(who + 1)) ++n_strange;
                }
                give_back(block);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(n_strange == 0);
}

}  // namespace

int main() {
    check_given_again();
    check_no_block_twice();
    check_threads();
    return check::report();
}
