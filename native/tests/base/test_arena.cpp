// Blocks that arenas leave are taken again, by other threads too, and never by two arenas at
// once.
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "base/arena.hpp"
#include "check.hpp"

using namespace gradus;

namespace {

ArenaSize size_of(Index bytes) {
    ArenaSize size;
    size.add<char>(bytes);
    return size;
}

constexpr Index kMiB = Index{1} << 20;

char* place_of_one(Index bytes) {
    Arena arena(size_of(bytes));
    char* place = arena.take<char>(bytes);
    std::memset(place, 1, static_cast<std::size_t>(bytes));
    return place;
}

void check_taken_again() {
    char* first = place_of_one(3 * kMiB);
    CHECK(place_of_one(3 * kMiB) == first);
    CHECK(place_of_one(2 * kMiB) == first);  // fits, and wastes less than half
    CHECK(place_of_one(kMiB) != first);
    char* other = nullptr;
    std::thread([&] { other = place_of_one(3 * kMiB); }).join();
    CHECK(other == first);
}

// More of them, and larger ones, than are kept.
void check_disjoint() {
    for (int round = 0; round < 3; ++round) {
        std::vector<std::unique_ptr<Arena>> arenas;
        std::vector<char*> places;
        for (Index k = 0; k < 12; ++k) {
            const Index bytes = (k % 5 + 1) * 7 * kMiB + k;
            arenas.push_back(std::make_unique<Arena>(size_of(bytes)));
            char* place = arenas.back()->take<char>(bytes);
            CHECK(reinterpret_cast<std::uintptr_t>(place) % kAlignment == 0);
            std::memset(place, static_cast<int>(k), static_cast<std::size_t>(bytes));
            places.push_back(place);
        }
        for (std::size_t k = 0; k < places.size(); ++k) CHECK(places[k][0] == static_cast<char>(k));
    }
}

void check_threads() {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t] {
            for (Index k = 0; k < 200; ++k) {
                const Index bytes = 200'000 + 50'000 * ((k + t) % 4);
                Arena arena(size_of(bytes));
                char* place = arena.take<char>(bytes);
                std::memset(place, t, static_cast<std::size_t>(bytes));
                std::this_thread::yield();
                CHECK(place[0] == t && place[bytes - 1] == t);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main() {
    check_taken_again();
    check_disjoint();
    check_threads();
    return check::report();
}
