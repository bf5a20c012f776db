// The pool: every task once, stops, exceptions brought home, calls from several threads, and a
// forked child.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/thread_pool.hpp"
#include "check.hpp"

using namespace gradus;

namespace {

constexpr double kMuch = 1e9;  // work worth sharing

bool every_task_once(int n_threads, Index n_tasks) {
    Watch watch(nullptr, nullptr, 0);
    std::vector<std::atomic<int>> times(static_cast<std::size_t>(n_tasks));
    std::atomic<int> strangers{0};
    const bool done = Crew(n_threads, watch).for_each(n_tasks, kMuch, [&](Index task, int worker) {
        ++times[static_cast<std::size_t>(task)];
        if (worker < 0 || worker >= n_threads) ++strangers;
    });
    bool once = done && strangers == 0;
    for (const auto& count : times) once = once && count == 1;
    return once;
}

void check_stop_by_flag() {
    std::uint8_t flag = 0;
    Watch watch(&flag, nullptr, 0);
    std::atomic<int> ran{0};
    const bool done = Crew(1, watch).for_each(1000, kMuch, [&](Index task, int) {
        ++ran;
        if (task == 10) flag = 1;
    });
    CHECK(!done);
    CHECK(ran == 11);
}

void check_stop_by_hook() {
    static std::atomic<int> asked{0};
    Watch watch(nullptr, [] { return ++asked == 2; }, 0);
    std::atomic<int> ran{0};
    const bool done = Crew(2, watch).for_each(1000, kMuch, [&](Index, int) {
        ++ran;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
    CHECK(!done);
    CHECK(asked == 2);
    CHECK(ran < 200);
}

// What a signal handler does that computes with the network it interrupted.
void check_use_from_the_hook() {
    static std::atomic<int> inner{0};
    Watch watch(
        nullptr,
        [] {
            inner += every_task_once(2, 10) ? 1 : -1000;
            return false;
        },
        0);
    const bool done = Crew(2, watch).for_each(
        100, kMuch, [](Index, int) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); });
    CHECK(done);
    CHECK(inner >= 1);
}

void check_exception() {
    for (const int n_threads : {1, 2, 4}) {
        Watch watch(nullptr, nullptr, 0);
        CHECK_THROWS(Crew(n_threads, watch)
                         .for_each(50, kMuch,
                                   [](Index task, int) {
                                       if (task == 20) throw std::runtime_error("twenty");
                                   }),
                     std::runtime_error);
        CHECK(every_task_once(n_threads, 50));
    }
}

// Not under the thread sanitizer, which cannot follow the fork of a process with threads.
#if !defined(__SANITIZE_THREAD__)
void check_fork() {
    const pid_t child = fork();
    if (child == 0) _exit(every_task_once(3, 100) ? 0 : 1);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#else
void check_fork() {}
#endif

}  // namespace

int main() {
    for (int n_threads = 1; n_threads <= 8; ++n_threads) {
        for (const Index n_tasks : {0, 1, 2, 7, 1000}) CHECK(every_task_once(n_threads, n_tasks));
    }
    check_stop_by_flag();
    check_stop_by_hook();
    check_exception();
    check_use_from_the_hook();
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([] {
            for (int round = 0; round < 200; ++round) CHECK(every_task_once(3, 20));
        });
    }
    for (auto& caller : callers) caller.join();
    check_fork();
    CHECK(every_task_once(4, 100));
    return check::report();
}
