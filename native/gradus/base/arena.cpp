#include "base/arena.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace gradus {
namespace {

struct Block {
    std::byte* data = nullptr;
    std::size_t bytes = 0;
};

Block allocated(std::size_t bytes) {
    return {static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kAlignment})), bytes};
}

void give_back(Block block) noexcept {
    ::operator delete(block.data, std::align_val_t{kAlignment});
}

// Blocks that nobody uses, the latest first. A block of the system comes with pages to be cleared,
// which for the arenas of a wide network takes a tenth of the time of a slice of its training.
class Spares {
public:
    static constexpr std::size_t kSmallest = std::size_t{128} << 10;  // malloc keeps smaller ones
    static constexpr std::size_t kMost = std::size_t{64} << 20;

    Spares() = default;
    Spares(const Spares&) = delete;
    Spares& operator=(const Spares&) = delete;

    /// Takes one that fits and would not waste half of itself, or an empty one.
    Block take(std::size_t bytes) noexcept {
        // In a forked child the lock may stay with a thread that is not there.
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock) return {};
        const auto found = std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& block) {
            return block.bytes >= bytes && block.bytes / 2 <= bytes;
        });
        if (found == blocks_.end()) return {};
        const Block block = *found;
        std::move(found + 1, blocks_.end(), found);
        blocks_.back() = {};
        return block;
    }

    void keep(Block block) noexcept {
        if (block.bytes < kSmallest || block.bytes > kMost) return give_back(block);
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock) return give_back(block);
        give_back(blocks_.back());
        std::move_backward(blocks_.begin(), blocks_.end() - 1, blocks_.end());
        blocks_.front() = block;
        keep_within_most();
    }

private:
    void keep_within_most() noexcept {
        std::size_t sum = 0;
        for (Block& block : blocks_) {
            sum += block.bytes;
            if (sum > kMost) give_back(std::exchange(block, {}));
        }
    }

    std::mutex mutex_;
    std::array<Block, 8> blocks_;
};

// Never destroyed: a thread of Python's may still train while the process ends.
Spares& spares() {
    static Spares& all = *new Spares;
    return all;
}

}  // namespace

Arena::Arena(ArenaSize size) : bytes_(size.bytes() + kAlignment) {
    Block block = bytes_ < Spares::kSmallest ? Block{} : spares().take(bytes_);
    if (block.data == nullptr) block = allocated(bytes_);
    bytes_ = block.bytes;
    next_ = block_ = block.data;
}

Arena::~Arena() { spares().keep({block_, bytes_}); }

}  // namespace gradus
