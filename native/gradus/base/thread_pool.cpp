#include "base/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include "base/spin.hpp"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;

// How long a thread without tasks stays awake: the next call from a loop in Python usually comes
// sooner, and who sleeps takes 50 microseconds to come and the caller 10 to wake.
constexpr Clock::duration kAwake = std::chrono::microseconds(200);
// Tasks of one job; what is more is done in several.
constexpr Index kMostTasks = Index{1} << 20;
constexpr int kMostThreads = 255;

/// Which tasks of the job are not taken yet: one word, so that a thread takes a task of the job it
/// saw or none. The caller takes them from the first on and helpers from the last, so that in job
/// after job of the same rows or parameters each finds much of its own in its cache.
struct Ticket {
    std::uint64_t word;

    static Ticket of(int n_threads, Index n_tasks) noexcept {
        return {static_cast<std::uint64_t>(n_threads) << 48 | static_cast<std::uint64_t>(n_tasks)
                                                                  << 24};
    }
    Index next() const noexcept { return static_cast<Index>(word & 0xffffff); }
    Index end() const noexcept { return static_cast<Index>(word >> 24 & 0xffffff); }
    Index n_left() const noexcept { return end() - next(); }
    bool is_for(int worker) const noexcept {
        return n_left() > 0 && worker < static_cast<int>(word >> 48);
    }
    Index task_for(int worker) const noexcept { return worker == 0 ? next() : end() - 1; }
    Ticket after_one(int worker) const noexcept {
        return {worker == 0 ? word + 1 : word - (std::uint64_t{1} << 24)};
    }
    Ticket after_all() const noexcept { return {word + static_cast<std::uint64_t>(n_left())}; }
};

/// Lets the caller work alone for a while after a helper kept it waiting, as it does when another
/// program takes the helper's core. No number depends on who works.
class Patience {
public:
    bool is_lost(Clock::time_point now) const noexcept { return now < alone_until_; }

    /// `waited` is how long the caller had nothing to do at the end of a job that began at `begin`.
    void judge(Clock::time_point begin, Clock::duration waited, Clock::time_point now) noexcept {
        const Clock::duration worked = now - begin - waited;
        if (waited < kShort || waited < worked) {
            if (now > alone_until_ + alone_for_) alone_for_ = {};
            return;
        }
        alone_for_ = std::min<Clock::duration>(kLongest, std::max(20 * waited, 2 * alone_for_));
        alone_until_ = now + alone_for_;
    }

private:
    static constexpr Clock::duration kShort = std::chrono::microseconds(100);
    static constexpr Clock::duration kLongest = std::chrono::seconds(1);

    Clock::time_point alone_until_{};
    Clock::duration alone_for_{};
};

class ThreadPool {
public:
    bool run(Index n_tasks, int n_threads, Task task, Watch& watch) {
        const Use use(in_use_);
        const Clock::time_point begin = Clock::now();
        if (!use.is_mine || patience_.is_lost(begin)) return run_here(n_tasks, task, watch);
        n_threads = start_workers(std::min(n_threads, kMostThreads));
        task_ = task;
        failure_ = nullptr;
        for (first_ = 0; first_ < n_tasks; first_ += kMostTasks) {
            if (!run_part(std::min(kMostTasks, n_tasks - first_), n_threads, watch)) break;
        }
        const Clock::time_point end = Clock::now();
        patience_.judge(begin, waited_, end);
        if (failure_) std::rethrow_exception(failure_);
        return first_ >= n_tasks && !watch.stopped();
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

    // Waits for the tasks that were begun, never for a helper that has not come yet.
    bool run_part(Index n_tasks, int n_threads, Watch& watch) {
        open_.store(n_tasks, std::memory_order_relaxed);
        is_whole_.store(true, std::memory_order_relaxed);
        waited_ = {};
        ticket_.store(Ticket::of(n_threads, n_tasks).word, std::memory_order_seq_cst);
        if (n_asleep_.load(std::memory_order_seq_cst) > 0) {
            {
                const std::lock_guard<std::mutex> lock(parking_);
            }
            wake_.notify_all();
        }
        while (!watch.poll() && take_one(0)) {
        }
        if (watch.stopped()) leave_the_rest();
        Clock::time_point since{};
        for (int spin = 0; open_.load(std::memory_order_acquire) != 0; ++spin) {
            spin_once(spin);
            if (watch.poll()) leave_the_rest();
            if (spin == kShortSpins) since = Clock::now();
        }
        if (since != Clock::time_point{}) waited_ = Clock::now() - since;
        return is_whole_.load(std::memory_order_relaxed);
    }

    // Runs the next task; false when none is left.
    bool take_one(int worker) {
        Ticket ticket{ticket_.load(std::memory_order_acquire)};
        do {
            if (!ticket.is_for(worker)) return false;
        } while (!ticket_.compare_exchange_weak(ticket.word, ticket.after_one(worker).word,
                                                std::memory_order_acquire));
        try {
            task_.function(task_.context, first_ + ticket.task_for(worker), worker);
        } catch (...) {
            {
                const std::lock_guard<std::mutex> lock(parking_);
                if (!failure_) failure_ = std::current_exception();
            }
            leave_the_rest();
        }
        open_.fetch_sub(1, std::memory_order_release);
        return true;
    }

    // Tasks not taken yet count as done. Called by who holds a task, or by the caller.
    void leave_the_rest() noexcept {
        Ticket ticket{ticket_.load(std::memory_order_relaxed)};
        do {
            if (ticket.n_left() == 0) return;
        } while (!ticket_.compare_exchange_weak(ticket.word, ticket.after_all().word,
                                                std::memory_order_relaxed));
        is_whole_.store(false, std::memory_order_relaxed);
        open_.fetch_sub(ticket.n_left(), std::memory_order_release);
    }

    // Gives how many threads there are, the caller among them; fewer than `wanted` where the system
    // starts no more.
    int start_workers(int wanted) {
        try {
            while (n_workers_ + 1 < wanted) {
                std::thread([this, worker = n_workers_ + 1] { work(worker); }).detach();
                ++n_workers_;
            }
        } catch (const std::system_error&) {
        }
        return std::min(wanted, n_workers_ + 1);
    }

    void work(int worker) {
        const auto is_called = [this, worker] {
            return Ticket{ticket_.load(std::memory_order_seq_cst)}.is_for(worker);
        };
        while (true) {
            Clock::time_point since = Clock::now();
            for (int spin = 1; spin % kShortSpins != 0 || Clock::now() - since < kAwake; ++spin) {
                if (take_one(worker)) {
                    since = Clock::now();
                    spin = 0;
                }
                spin_once(spin);
            }
            std::unique_lock<std::mutex> lock(parking_);
            n_asleep_.fetch_add(1, std::memory_order_seq_cst);
            wake_.wait(lock, is_called);
            n_asleep_.fetch_sub(1, std::memory_order_seq_cst);
        }
    }

    // What the caller alone touches, what all read, and what all write, each on lines of its own.
    std::atomic<bool> in_use_{false};
    Patience patience_;
    Clock::duration waited_{};
    int n_workers_ = 0;
    alignas(64) Task task_{};
    Index first_ = 0;  // of the tasks of this part
    alignas(64) std::atomic<std::uint64_t> ticket_{0};
    alignas(64) std::atomic<Index> open_{0};  // tasks neither done nor left
    std::atomic<bool> is_whole_{true};
    alignas(64) std::mutex parking_;
    std::condition_variable wake_;
    std::atomic<int> n_asleep_{0};
    std::exception_ptr failure_;
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
