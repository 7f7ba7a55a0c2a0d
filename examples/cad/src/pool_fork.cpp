// The pool where there is fork: workers are copies of this process, made before it has threads.
#include "channel.hpp"
#include "pool.hpp"

#include <datastorage.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace cad {
namespace {

using Clock = std::chrono::steady_clock;

struct Worker {
    pid_t pid = -1;
    int fd = -1;
    bool busy = false;
    std::size_t file = 0; // what it works on
    Clock::time_point since;
};

// OpenCASCADE's messages go nowhere: stdout is the parent's, for the table.
void silence_stdout() {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    if (nowhere >= 0) {
        ::dup2(nowhere, STDOUT_FILENO);
        ::close(nowhere);
    }
}

[[noreturn]] void work(int fd, const StoreOptions &store) {
    silence_stdout();
    silence_reader();
    // Damaged files are expected to crash OpenCASCADE: no core file for each.
    const rlimit none{0, 0};
    static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
    if (store.threads > 0) {
        ds::configure("{\"threads\": " + std::to_string(store.threads) + "}");
    }
    while (const auto file = receive_message(fd)) {
        if (!send_message(fd, pack(encode(*file, store)))) {
            break;
        }
    }
    ::_exit(0);
}

// The largest first: one of them begun last would leave the other workers idle at the end.
std::vector<std::size_t> largest_first(const std::vector<std::string> &files) {
    std::vector<std::pair<std::uintmax_t, std::size_t>> sizes;
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::error_code absent;
        const std::uintmax_t size = std::filesystem::file_size(files[i], absent);
        sizes.emplace_back(absent ? 0 : size, i);
    }
    std::stable_sort(sizes.begin(), sizes.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
    std::vector<std::size_t> order;
    for (const auto &[size, file] : sizes) {
        order.push_back(file);
    }
    return order;
}

class Pool {
public:
    Pool(const std::vector<std::string> &files, const StoreOptions &store, const PoolOptions &options,
         const OnReport &on_report)
        : files_(files), store_(store), options_(options), on_report_(on_report), order_(largest_first(files)),
          reports_(files.size()) {}

    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    ~Pool() {
        for (Worker &worker : workers_) {
            end(worker, SIGKILL);
        }
    }

    std::vector<Report> run() {
        workers_.resize(std::min(std::max<std::size_t>(options_.jobs, 1), files_.size()));
        while (done_ < files_.size()) {
            for (Worker &worker : workers_) {
                if (!worker.busy && next_ < files_.size()) {
                    assign(worker);
                }
            }
            wait();
        }
        return std::move(reports_);
    }

private:
    void start(Worker &worker) {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            throw std::system_error(errno, std::generic_category(), "socketpair");
        }
        const pid_t pid = ::fork();
        if (pid < 0) {
            const int error = errno;
            ::close(pair[0]);
            ::close(pair[1]);
            throw std::system_error(error, std::generic_category(), "fork");
        }
        if (pid == 0) {
            // A worker that kept the others' sockets would keep them from seeing their end.
            ::close(pair[0]);
            for (const Worker &other : workers_) {
                if (other.fd >= 0) {
                    ::close(other.fd);
                }
            }
            work(pair[1], store_);
        }
        ::close(pair[1]);
        worker.pid = pid;
        worker.fd = pair[0];
    }

    // Gives up the worker and tells how it ended.
    int end(Worker &worker, int signal) {
        if (worker.pid < 0) {
            return 0;
        }
        ::close(worker.fd);
        if (signal != 0) {
            ::kill(worker.pid, signal);
        }
        int status = 0;
        while (::waitpid(worker.pid, &status, 0) < 0 && errno == EINTR) {
        }
        worker = Worker{};
        return status;
    }

    void assign(Worker &worker) {
        if (worker.pid < 0) {
            start(worker);
        }
        worker.file = order_[next_++];
        worker.busy = true;
        worker.since = Clock::now();
        // A worker that died while idle shows in receive_message.
        static_cast<void>(send_message(worker.fd, files_[worker.file]));
    }

    void finish(std::size_t file, Report report) {
        report.source = files_[file];
        reports_[file] = std::move(report);
        on_report_(reports_[file], ++done_);
    }

    void fail(Worker &worker, int signal, const std::string &reason) {
        const std::size_t file = worker.file;
        const int status = end(worker, signal);
        Report report;
        report.error = reason;
        if (reason.empty() && WIFSIGNALED(status)) {
            report.error = std::string("crashed the reader: ") + ::strsignal(WTERMSIG(status));
        } else if (reason.empty()) {
            report.error = "ended the reader with status " + std::to_string(WEXITSTATUS(status));
        }
        finish(file, std::move(report));
    }

    double left(const Worker &worker) const {
        const std::chrono::duration<double> spent = Clock::now() - worker.since;
        return options_.timeout_seconds - spent.count();
    }

    void wait() {
        std::vector<pollfd> waiting;
        std::vector<Worker *> busy;
        double timeout = options_.timeout_seconds;
        for (Worker &worker : workers_) {
            if (worker.busy) {
                waiting.push_back({worker.fd, POLLIN, 0});
                busy.push_back(&worker);
                timeout = std::min(timeout, left(worker));
            }
        }
        const int milliseconds = static_cast<int>(std::clamp(timeout * 1000 + 1, 0.0, 1e6));
        if (::poll(waiting.data(), waiting.size(), milliseconds) < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        for (std::size_t i = 0; i < busy.size(); ++i) {
            Worker &worker = *busy[i];
            if (waiting[i].revents != 0) {
                const auto message = receive_message(worker.fd);
                if (message) {
                    worker.busy = false;
                    finish(worker.file, unpack(*message));
                } else {
                    fail(worker, 0, "");
                }
            } else if (left(worker) <= 0) {
                fail(worker, SIGKILL,
                     "took longer than " + std::to_string(static_cast<long>(options_.timeout_seconds)) +
                         " s and was given up");
            }
        }
    }

    const std::vector<std::string> &files_;
    const StoreOptions &store_;
    const PoolOptions &options_;
    const OnReport &on_report_;
    const std::vector<std::size_t> order_;
    std::vector<Report> reports_;
    std::vector<Worker> workers_;
    std::size_t next_ = 0, done_ = 0;
};

} // namespace

std::vector<Report> encode_all(const std::vector<std::string> &files, const StoreOptions &store,
                               const PoolOptions &pool, const OnReport &on_report) {
    return Pool(files, store, pool, on_report).run();
}

} // namespace cad
