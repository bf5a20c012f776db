#include "base/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace gradus {
namespace {

inline void pause_briefly() noexcept {
#if defined(__x86_64__) || defined(_M_X64)
    _mm_pause();
#else
    std::this_thread::yield();
#endif
}

constexpr int kHelperBits = 16;
constexpr int kSpins =
    2000;  // about 50 microseconds: the next product of the same step usually comes sooner

class ThreadPool {
public:
    bool run(Index n_tasks, int n_threads, Task task, Watch& watch) {
        const Use use(in_use_);
        if (!use.is_mine) return run_here(n_tasks, task, watch);
        const std::uint64_t helpers = start_workers(std::min<Index>(n_threads, n_tasks) - 1);
        task_ = task;
        n_tasks_ = n_tasks;
        next_.store(0, std::memory_order_relaxed);
        skip_.store(false, std::memory_order_relaxed);
        failure_ = nullptr;
        busy_.store(helpers, std::memory_order_relaxed);
        {
            const std::lock_guard<std::mutex> lock(parking_);
            const std::uint64_t number = (job_.load(std::memory_order_relaxed) >> kHelperBits) + 1;
            job_.store(number << kHelperBits | helpers, std::memory_order_release);
        }
        wake_.notify_all();
        while (!watch.poll() && take_one(0)) {
        }
        if (watch.stopped()) skip_.store(true, std::memory_order_relaxed);
        while (busy_.load(std::memory_order_acquire) != 0) {
            pause_briefly();
            if (watch.poll()) skip_.store(true, std::memory_order_relaxed);
        }
        if (failure_) std::rethrow_exception(failure_);
        return next_.load(std::memory_order_relaxed) >= n_tasks_ && !watch.stopped();
    }

private:
    // A flag and no mutex: the caller itself comes back here when a signal handler, run by its
    // watch between two tasks, uses the pool.
    struct Use {
        explicit Use(std::atomic<bool>& flag)
            : in_use(flag), is_mine(!flag.exchange(true, std::memory_order_acquire)) {}
        ~Use() {
            if (is_mine) in_use.store(false, std::memory_order_release);
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

        std::atomic<bool>& in_use;
        const bool is_mine;
    };

    static bool run_here(Index n_tasks, Task task, Watch& watch) {
        for (Index i = 0; i < n_tasks; ++i) {
            if (watch.poll()) return false;
            task.function(task.context, i, 0);
        }
        return true;
    }

    // Runs the next task; false when none is left or the rest is to be skipped.
    bool take_one(int worker) {
        if (skip_.load(std::memory_order_relaxed)) return false;
        const Index i = next_.fetch_add(1, std::memory_order_relaxed);
        if (i >= n_tasks_) return false;
        try {
            task_.function(task_.context, i, worker);
        } catch (...) {
            const std::lock_guard<std::mutex> lock(parking_);
            if (!failure_) failure_ = std::current_exception();
            skip_.store(true, std::memory_order_relaxed);
        }
        return true;
    }

    // Returns how many of `count` helpers there are; fewer where the system starts no more threads.
    std::uint64_t start_workers(Index count) {
        const auto wanted = static_cast<std::size_t>(count);
        try {
            while (workers_.size() < wanted) {
                const std::uint64_t worker = workers_.size() + 1;
                const std::uint64_t seen = job_.load(std::memory_order_relaxed);
                workers_.emplace_back([this, worker, seen] { work(worker, seen); });
                workers_.back().detach();
            }
        } catch (const std::system_error&) {
        }
        return std::min(wanted, workers_.size());
    }

    void work(std::uint64_t worker, std::uint64_t seen) {
        while (true) {
            for (int spin = 0; spin < kSpins && job_.load(std::memory_order_acquire) == seen;
                 ++spin) {
                pause_briefly();
            }
            if (job_.load(std::memory_order_acquire) == seen) {
                std::unique_lock<std::mutex> lock(parking_);
                wake_.wait(lock, [&] { return job_.load(std::memory_order_relaxed) != seen; });
            }
            seen = job_.load(std::memory_order_acquire);
            // Who is not called to this job looks at nothing of it: nobody waits for him.
            if (worker > seen % (1u << kHelperBits)) continue;
            while (take_one(static_cast<int>(worker))) {
            }
            busy_.fetch_sub(1, std::memory_order_release);
        }
    }

    std::atomic<bool> in_use_{false};
    std::mutex parking_;
    std::condition_variable wake_;
    std::atomic<std::uint64_t> job_{0};  // its number, and in the low bits its helpers
    std::atomic<Index> next_{0};
    std::atomic<bool> skip_{false};
    std::atomic<std::uint64_t> busy_{0};
    Task task_{};
    Index n_tasks_ = 0;
    std::exception_ptr failure_;
    std::vector<std::thread> workers_;
};

std::atomic<ThreadPool*> pool{nullptr};

// A forked child has none of its parent's threads, and locks in an unknown state: it forgets the
// pool and starts its own.
ThreadPool* shared_pool() {
    ThreadPool* current = pool.load(std::memory_order_acquire);
    if (current != nullptr) return current;
#if defined(__unix__) || defined(__APPLE__)
    static std::once_flag registered;
    std::call_once(registered, [] {
        pthread_atfork(nullptr, nullptr, [] { pool.store(nullptr, std::memory_order_release); });
    });
#endif
    // Never destroyed: its threads stay parked until the process ends, whatever order statics are
    // torn down in.
    auto* fresh = new ThreadPool;
    if (pool.compare_exchange_strong(current, fresh, std::memory_order_acq_rel)) return fresh;
    delete fresh;
    return current;
}

}  // namespace

bool run_tasks(Index n_tasks, int n_threads, Task task, Watch& watch) {
    return shared_pool()->run(n_tasks, n_threads, task, watch);
}

}  // namespace gradus
