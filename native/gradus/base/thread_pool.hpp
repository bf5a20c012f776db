// One pool of threads for the process, started when first needed and parked between calls.
#pragma once

#include <type_traits>

#include "base/views.hpp"
#include "base/watch.hpp"

namespace gradus {

/// A task: a plain function, what it works on, and the number of the task and of the thread that
/// runs it.
struct Task {
    void (*function)(void* context, Index task, int worker);
    void* context;
};

/// Runs tasks 0..n_tasks-1 on at most `n_threads` threads, the caller among them, and returns when
/// all are done.
///
/// Which thread runs which task is left to chance, so a task must write only what is its own and
/// sum in its own order; then no number depends on `n_threads`. The caller polls `watch` between
/// its tasks; once it says stop, tasks not yet begun are skipped. An exception leaves the remaining
/// tasks undone and is rethrown here. While another thread of the process uses the pool, all tasks
/// run on the caller: the same numbers, no waiting. After fork() the child starts a pool of its
/// own. Returns false if tasks were skipped.
bool run_tasks(Index n_tasks, int n_threads, Task task, Watch& watch);

/// A call's share of the machine: how many threads it may use, and what can stop it.
class Crew {
public:
    Crew(int n_threads, Watch& watch) noexcept : n_threads_(n_threads), watch_(&watch) {}

    int n_threads() const noexcept { return n_threads_; }

    /// How many threads for_each would share so much work among; what is not shared need not be
    /// cut.
    int threads_for(double work) const noexcept { return work < kWorthSharing ? 1 : n_threads_; }

    /// The same crew with no more threads than there are tasks, so that none gets idle scratch.
    Crew at_most(Index n_tasks) const noexcept {
        Crew fewer = *this;
        if (n_tasks < n_threads_) fewer.n_threads_ = n_tasks > 1 ? static_cast<int>(n_tasks) : 1;
        return fewer;
    }

    /// Inside a long task, on thread `worker`: whether to leave the rest of it undone.
    bool should_stop(int worker) const noexcept {
        return asks_ && worker == 0 ? watch_->poll() : watch_->stopped();
    }

    /// The crew of one thread inside a task of this crew: only the caller, worker 0, may go on
    /// asking whether to stop.
    Crew alone(int worker) const noexcept {
        Crew one(1, *watch_);
        one.asks_ = asks_ && worker == 0;
        return one;
    }

    /// Calls f(task, worker) for each task; `work` is the floating point operations of all of them
    /// together. Small work stays on the calling thread: waking another costs more than it saves.
    template <class F>
    bool for_each(Index n_tasks, double work, F&& f) const {
        if (threads_for(work) == 1 || n_tasks <= 1) {
            const bool asks = asks_ && work >= kWorthAsking;
            for (Index task = 0; task < n_tasks; ++task) {
                if (asks ? watch_->poll() : watch_->stopped()) return false;
                f(task, 0);
            }
            return !watch_->stopped();
        }
        using Body = std::remove_reference_t<F>;
        const Task call{[](void* context, Index task, int worker) {
                            (*static_cast<Body*>(context))(task, worker);
                        },
                        const_cast<void*>(static_cast<const void*>(&f))};
        return run_tasks(n_tasks, n_threads_, call, *watch_);
    }

private:
    // About 2 and 10 microseconds of one core: several times what two threads need to hear of each
    // other, and a small part of the 20 ms within which a stop must be noticed.
    static constexpr double kWorthSharing = 4e5;
    static constexpr double kWorthAsking = 2e6;

    int n_threads_;
    Watch* watch_;
    bool asks_ = true;
};

}  // namespace gradus
