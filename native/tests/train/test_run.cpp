// Training calls: cut anywhere, any threads, stopped inside a step, diverging, and no allocation in
// the loop.
#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <numeric>
#include <thread>
#include <tuple>
#include <vector>

#include "check.hpp"
#include "train/training.hpp"

using gradus::allocations;

// g++ does not see that these replace each other's partners.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

// Counts what the whole program allocates, so that a loop that allocates is seen.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::malloc(size)) return p;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    ++allocations;
    const auto a = static_cast<std::size_t>(alignment);
    if (void* p = std::aligned_alloc(a, (size + a - 1) / a * a)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

using namespace gradus;

namespace {

template <class T>
void check_same_bits(int which_rule, const Tables& tables) {
    Training<T> whole({5, 33, 3}, which_rule, 103, 10, tables);
    CHECK(whole.go(40, 1) == RunStatus::done);
    CHECK(whole.cursor[0] == 3 && whole.cursor[1] == 7 && whole.cursor[2] == 40);
    for (const std::size_t piece : {1u, 3u, 11u, 39u}) {
        Training<T> cut({5, 33, 3}, which_rule, 103, 10, tables);
        for (std::size_t done = 0; done < 40; done += piece)
            CHECK(cut.go(std::min(piece, 40 - done), 2) == RunStatus::done);
        CHECK(cut.params == whole.params && cut.slots == whole.slots && cut.cursor == whole.cursor);
        CHECK(cut.totals == whole.totals && cut.grad_norm == whole.grad_norm);
    }
    Training<T> sliced({5, 33, 3}, which_rule, 103, 10, tables);
    while (sliced.cursor[2] < 40)
        sliced.go(static_cast<std::size_t>(40 - sliced.cursor[2]), 1, 0.0);
    CHECK(sliced.params == whole.params);

    Training<T> wide({300, 260, 40}, which_rule, 700, 300, tables);
    CHECK(wide.go(5, 1) == RunStatus::done);
    for (const int n_threads : {2, 3, 5, 8}) {
        Training<T> many({300, 260, 40}, which_rule, 700, 300, tables);
        CHECK(many.go(5, n_threads) == RunStatus::done);
        CHECK(many.params == wide.params && many.slots == wide.slots && many.ratio == wide.ratio);
    }
}

// Every kind of step, with weights that max_norm limits.
Network layered_network(Index width, const Tables& embeddings) {
    const int tanh = static_cast<int>(Activation::tanh);
    Network network(20 + static_cast<Index>(embeddings.size()), 0, 0.001, 0.01, embeddings);
    network.add_dropout(0.2);
    network.add_norm(1e-5);
    network.add_dense(width, tanh, true, 0.5);
    network.add_dropout(0.5);
    network.add_norm(1e-5);
    network.add_dense(width, tanh, false, 2.0);
    network.add_sum(2);
    network.add_dense(3, tanh, true, std::numeric_limits<double>::infinity());
    return network;
}

template <class T>
void check_layered_bits(const Tables& tables) {
    const Network network = layered_network(260, tables);
    Training<T> whole(network, 2, 2500, 2300);
    CHECK(whole.go(4, 1) == RunStatus::done);
    for (const int n_threads : {2, 3, 5}) {
        Training<T> cut(network, 2, 2500, 2300);
        for (const std::size_t piece : {1u, 3u}) CHECK(cut.go(piece, n_threads) == RunStatus::done);
        CHECK(cut.params == whole.params && cut.slots == whole.slots && cut.ratio == whole.ratio);
        CHECK(cut.totals == whole.totals && cut.grad_norm == whole.grad_norm);
    }
}

// Most parameters stand between many inputs and the first layer. Rows of weight 0 hold no numbers.
Network many_inputs_network(std::int64_t width = 37) {
    const int tanh = static_cast<int>(Activation::tanh);
    Network network(603, 0, 0.001, 0.01);
    network.add_dense(width, tanh, true, 0.9);
    network.add_dropout(0.2);
    network.add_dense(20, tanh, false, std::numeric_limits<double>::infinity());
    network.add_dense(3, tanh, true, std::numeric_limits<double>::infinity());
    return network;
}

template <class T>
void check_split_bits(Index batch, bool has_weights, std::int64_t width = 37) {
    const auto trained = [&](int n_threads, std::size_t piece) {
        Training<T> t(many_inputs_network(width), 2, 700, batch);
        for (Index i = 0; has_weights && i < t.n; ++i) {
            t.weights.push_back(static_cast<T>(i % 3));
            if (i % 3 == 0) t.x[static_cast<std::size_t>(i * 603 + i % 603)] = T(NAN);
        }
        for (std::size_t done = 0; done < 4; done += piece)
            CHECK(t.go(piece, n_threads) == RunStatus::done);
        return t;
    };
    const Training<T> whole = trained(1, 4);
    for (const int n_threads : {2, 3, 8}) {
        const Training<T> many = trained(n_threads, 2);
        CHECK(many.params == whole.params && many.slots == whole.slots);
        CHECK(many.totals == whole.totals && many.grad_norm == whole.grad_norm);
    }
}

// Layers that round beside one that does not; null where nothing rounds here.
void check_rounded_bits(const Bfloat16Kernels* rounding) {
    for (const std::vector<std::int64_t>& widths :
         {std::vector<std::int64_t>{300, 260, 40, 3}, {300, 700, 700, 3}}) {
        const auto trained = [&](int n_threads, std::size_t piece, const Bfloat16Kernels* how) {
            Training<float> t(widths, 1, 2900, 2601);
            t.rounding = how;
            for (std::size_t done = 0; done < 4; done += piece)
                CHECK(t.go(piece, n_threads) == RunStatus::done);
            return t.params;
        };
        const auto whole = trained(1, 4, rounding);
        for (const int n_threads : {2, 3, 5}) CHECK(trained(n_threads, 1, rounding) == whole);
        CHECK((trained(1, 4, nullptr) == whole) == (rounding == nullptr));
    }
}

// Wide layers, whose gradient is stored only where it might have to be clipped.
template <class T>
void check_updates_by_blocks() {
    const Network network = dense_network({300, 450, 7, 3}, {1, 2, 0}, {1, 0, 1}, 0, 0, {});
    const auto start = [&](int which_rule, bool is_stored, bool measures_all) {
        Training<T> free(network, which_rule, 70, 30);
        constexpr std::array<double, 2> kNeverReached{std::numeric_limits<double>::infinity(),
                                                      std::numeric_limits<double>::max()};
        free.max_grad_norm = kNeverReached[is_stored ? 1 : 0];
        free.measures_all = measures_all;
        return free;
    };
    for (const int which_rule : {0, 1, 2, 3}) {
        for (const double rate : {0.01, 3e18, 1e300}) {
            const auto trained = [&](int n_threads, bool is_stored, std::size_t piece,
                                     T scale = 1) {
                Training<T> free = start(which_rule, is_stored, false);
                for (T& x : free.x) x *= scale;
                RunStatus status = RunStatus::done;
                while (free.cursor[2] < 3 && status == RunStatus::done)
                    status = free.go(piece, n_threads, 1e9, nullptr, rate);
                return std::tuple(status, free.cursor, free.params, free.slots);
            };
            for (const T scale : {T(1), T(1e30)}) {
                const auto stored = trained(1, true, 3, scale);
                CHECK(trained(1, false, 3, scale) == stored);
                CHECK(trained(2, false, 3, scale) == stored);
                CHECK(trained(3, false, 1, scale) == stored);
            }
        }
        Training<T> stored = start(which_rule, true, true), one = start(which_rule, false, true),
                    many = one, unmeasured = start(which_rule, false, false);
        for (Training<T>* each : {&stored, &one, &unmeasured}) each->go(6, 1);
        many.go(6, 3);
        CHECK(one.params == stored.params && one.params == unmeasured.params);
        CHECK(one.grad_norm == many.grad_norm && one.log_rows == many.log_rows);
        CHECK(one.ratio == many.ratio);
        for (std::size_t i = 0; i < stored.ratio.size(); ++i)
            CHECK(std::abs(one.ratio[i] / stored.ratio[i] - 1) < 1e-6);
    }
}

void check_no_allocation(const Network& network, const Bfloat16Kernels* rounding = nullptr,
                         Index batch = 300) {
    for (const int n_threads : {1, 2}) {
        Training<float> warm(network, 2, 700, batch);
        warm.go(2, n_threads);  // starts the pool
        long few = -1, many = -1;
        Training<float> a(network, 2, 700, batch), b(network, 2, 700, batch);
        a.rounding = b.rounding = rounding;
        a.go(1, n_threads, 1e9, nullptr, 0.01, &few);
        b.go(30, n_threads, 1e9, nullptr, 0.01, &many);
        CHECK(few == 0);
        CHECK(many == 0);
    }
}

void check_stop_inside_a_step(Training<double> t) {
    const Training<double> before = t;
    std::uint8_t cancel = 0;
    std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        std::atomic_ref<std::uint8_t>{cancel}.store(1);
    });
    const auto start = std::chrono::steady_clock::now();
    const RunStatus status = t.go(1000000, 2, 1e9, &cancel);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    stopper.join();
    CHECK(status == RunStatus::cancelled);
    std::printf("stopped after %.0f ms, %ld steps\n", 1000 * seconds,
                static_cast<long>(t.cursor[2]));
    CHECK((t.cursor[2] == 0) == (t.params == before.params));
    Training<double> whole = before;
    while (whole.cursor[2] < t.cursor[2])
        whole.go(static_cast<std::size_t>(t.cursor[2] - whole.cursor[2]), 1);
    CHECK(whole.params == t.params && whole.slots == t.slots && whole.totals == t.totals);
}

template <class T>
void check_divergence(double rate, bool at_first_step) {
    Training<T> t({5, 8, 3}, 0, 50, 50);
    t.network = dense_network({5, 8, 3}, {0, 0}, {1, 1}, 0, 0.01);
    std::vector<T> good = t.params;
    RunStatus status = RunStatus::done;
    while (status == RunStatus::done && t.cursor[2] < 10000) {
        good = t.params;
        status = t.go(1, 1, 1e9, nullptr, rate);
    }
    CHECK(status == RunStatus::diverged);
    CHECK(t.params == good);
    CHECK((t.cursor[2] == 0) == at_first_step);
    for (const T p : t.params) CHECK(std::isfinite(p));
}

}  // namespace

int main() {
    for (int rule = 0; rule < kRules; ++rule) {
        for (const Tables& tables : {kNoTables, kTwoTables}) {
            check_same_bits<float>(rule, tables);
            check_same_bits<double>(rule, tables);
        }
    }
    for (const Tables& tables : {kNoTables, kTwoTables}) {
        check_layered_bits<float>(tables);
        check_layered_bits<double>(tables);
        check_no_allocation(Training<float>({300, 260, 40}, 2, 1, 1, tables).network);
        check_no_allocation(layered_network(260, tables));
    }
    check_updates_by_blocks<float>();
    check_updates_by_blocks<double>();
    check_split_bits<float>(100, false, 100);
    check_split_bits<double>(512, true);
    check_split_bits<float>(513, true);
    check_rounded_bits(rounding_kernels());
    check_no_allocation(layered_network(260, kTwoTables), rounding_kernels());
    check_no_allocation(replicated_network(), nullptr, 200);
    check_no_allocation(many_inputs_network(), nullptr, 200);
    check_stop_inside_a_step({{784, 1000, 1000, 10}, 2, 600, 600, kNoTables});
    check_stop_inside_a_step({replicated_network(), 2, 30000, 256});
    check_divergence<float>(1e300, true);
    check_divergence<double>(1e300, false);
    check_divergence<float>(1e20, false);
    return check::report();
}
