#include "base/kept_blocks.hpp"

#include <array>
#include <atomic>
#include <new>

namespace gradus {
namespace {

// A block's size stands in its own first bytes while it is kept: a slot is then one pointer, which
// threads exchange without a lock, and a forked process finds it whole.
using Slot = std::atomic<std::byte*>;

std::array<Slot, kMostKeptBlocks> slots{};
std::atomic<unsigned> next_replaced{0};

std::size_t size_of(const std::byte* kept) noexcept {
    return *reinterpret_cast<const std::size_t*>(kept);
}

void free_block(std::byte* bytes) noexcept {
    ::operator delete(bytes, std::align_val_t{kAlignment});
}

}  // namespace

Block take_block(std::size_t size) {
    if (size >= kLeastKeptBytes && size <= kMostKeptBytes) {
        for (Slot& slot : slots) {
            std::byte* kept = slot.exchange(nullptr, std::memory_order_acquire);
            if (kept == nullptr) continue;
            const std::size_t kept_size = size_of(kept);
            if (kept_size >= size && kept_size / 2 <= size) return {kept, kept_size};
            give_back({kept, kept_size});
        }
    }
    return {static_cast<std::byte*>(::operator new(size, std::align_val_t{kAlignment})), size};
}

void give_back(Block block) noexcept {
    if (block.size < kLeastKeptBytes || block.size > kMostKeptBytes) {
        free_block(block.bytes);
        return;
    }
    ::new (block.bytes) std::size_t{block.size};
    for (Slot& slot : slots) {
        std::byte* empty = nullptr;
        if (slot.compare_exchange_strong(empty, block.bytes, std::memory_order_release,
                                         std::memory_order_relaxed))
            return;
    }
    const unsigned replaced = next_replaced.fetch_add(1, std::memory_order_relaxed);
    std::byte* old =
        slots[replaced % kMostKeptBlocks].exchange(block.bytes, std::memory_order_acq_rel);
    if (old != nullptr) free_block(old);
}

}  // namespace gradus
