// What the machine allows, in one line each: the clock by a chain of multiplications, the peak of
// fused multiply-adds, and the rate of memory by a triad, with 1 to argv[1] threads.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The largest of several runs: a limit is what nothing disturbed.
template <class F>
double best_of(int runs, F&& rate) {
    double best = 0;
    for (int run = 0; run < runs; ++run) {
        const double one = rate();
        if (one > best) best = one;
    }
    return best;
}

template <class F>
void on_threads(int n, F&& work) {
    std::vector<std::thread> threads;
    for (int t = 1; t < n; ++t) threads.emplace_back(work, t);
    work(0);
    for (auto& thread : threads) thread.join();
}

// A 64-bit multiplication takes three cycles on every x86-64 processor since 2008, and each one
// here waits for the one before.
double clock_hz() {
    constexpr std::int64_t kCount = 20'000'000;
    std::uint64_t x = 3;
    const auto begin = Clock::now();
    for (std::int64_t i = 0; i < kCount; i += 4) {
#if defined(__x86_64__)
        asm volatile("imul %0, %0\n\timul %0, %0\n\timul %0, %0\n\timul %0, %0" : "+r"(x));
#else
        x *= x, x *= x, x *= x, x *= x;
#endif
    }
    const double hz = 3.0 * kCount / seconds_since(begin);
    return x == 0 ? 0 : hz;
}

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Vector __attribute__((vector_size(4 * kLanes)));

// Ten independent chains of multiply-adds hide the latency of four cycles on two units.
double peak_flops(int n_threads) {
    constexpr std::int64_t kCount = 20'000'000;
    const auto begin = Clock::now();
    on_threads(n_threads, [](int) {
        Vector sums[10] = {};
        // Ten chains that the compiler cannot see to be equal.
        for (auto& sum : sums) asm volatile("" : "+x"(sum));
        Vector a = Vector{} + 0.999f, b = Vector{} + 0.5f;
        asm volatile("" : "+x"(a), "+x"(b));
        for (std::int64_t i = 0; i < kCount; ++i) {
            for (auto& sum : sums) sum = sum * a + b;
        }
        for (auto& sum : sums) asm volatile("" : "+x"(sum));
    });
    return 2.0 * kLanes * 10 * kCount * n_threads / seconds_since(begin);
}

// a = b + s * c over arrays no cache holds; three numbers move for each.
double triad_bytes(int n_threads) {
    constexpr std::size_t kNumbers = std::size_t{1} << 24;
    std::vector<float> a(kNumbers), b(kNumbers, 1.0f), c(kNumbers, 2.0f);
    const auto pass = [&] {
        const auto begin = Clock::now();
        on_threads(n_threads, [&](int t) {
            const std::size_t part = kNumbers / static_cast<std::size_t>(n_threads);
            const std::size_t first = part * static_cast<std::size_t>(t);
            float* to = a.data() + first;
            const float* from = b.data() + first;
            const float* more = c.data() + first;
            for (std::size_t i = 0; i < part; ++i) to[i] = from[i] + 0.5f * more[i];
            asm volatile("" : : "r"(to) : "memory");
        });
        return 3.0 * sizeof(float) * kNumbers / seconds_since(begin);
    };
    pass();
    return best_of(7, pass);
}

}  // namespace

int main(int count, char** words) {
    const int most = count > 1 ? std::atoi(words[1]) : 2;
    std::printf("clock %.6g\n", best_of(7, clock_hz));
    for (int n = 1; n <= most; ++n) {
        std::printf("peak_%d %.6g\n", n, best_of(5, [n] { return peak_flops(n); }));
        std::printf("bandwidth_%d %.6g\n", n, triad_bytes(n));
    }
    return 0;
}
