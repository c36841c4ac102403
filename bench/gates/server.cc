#include "server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "failing.h"

namespace gates {
namespace {

[[noreturn]] void become(const std::string& musterd, const std::string& data,
                         const std::vector<std::string>& options, int ready_fd) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int quiet = ::open("/dev/null", O_WRONLY);
  ::dup2(quiet, STDOUT_FILENO);
  std::vector<std::string> words = {musterd,           "dev",
                                    "--data",          data,
                                    "--xmpp",          "127.0.0.1:0",
                                    "--sip",           "127.0.0.1:0",
                                    "--ready-fd",      std::to_string(ready_fd),
                                    "--auto-accounts", "--allow-all-watchers"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(musterd.c_str(), arguments.data());
  ::_exit(127);
}

// A virtual machine may give what nobody used for some seconds back to its host (free page
// reporting); having it again costs the host up to 8 us for 4 KB, which the guest that first writes
// there is charged for. So much is had again by us, that it is not the server's to pay.
void have_memory_of_host() {
  constexpr std::size_t kBytes = std::size_t{512} << 20;
  constexpr std::size_t kPageBytes = 4096;
  void* memory =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED, "mmap");
  ::madvise(memory, kBytes, MADV_HUGEPAGE);
  volatile char* bytes = static_cast<char*>(memory);
  for (std::size_t i = 0; i < kBytes; i += kPageBytes)
    bytes[i] = 1;
  ::munmap(memory, kBytes);
}

std::string read_all(int fd) {
  std::string all;
  char piece[4096];
  ssize_t bytes = 0;
  while ((bytes = ::read(fd, piece, sizeof piece)) > 0)
    all.append(piece, static_cast<std::size_t>(bytes));
  return all;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  const std::size_t colon = text.rfind(':');
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1))));
  must(::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) == 1, "inet_pton");
  return address;
}

Server::Server(const std::string& musterd, const std::string& data,
               const std::vector<std::string>& options) {
  have_memory_of_host();
  int ready[2];
  must(::pipe(ready) == 0, "pipe");
  process_ = ::fork();
  must(process_ >= 0, "fork");
  if (process_ == 0) {
    ::close(ready[0]);
    become(musterd, data, options, ready[1]);
  }
  ::close(ready[1]);
  const std::string line = read_all(ready[0]);
  ::close(ready[0]);
  const auto told = nlohmann::json::parse(line, nullptr, false);
  if (!told.is_object()) fail(musterd + " did not start");
  xmpp_ = address_of(told["xmpp"][0]);
  sip_ = address_of(told["sip"][0]);
}

Server::~Server() {
  kill();
}

void Server::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

void Server::end_in_order() {
  ::kill(process_, SIGTERM);
  int status = 0;
  must(::waitpid(process_, &status, 0) == process_, "waitpid");
  process_ = -1;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail("musterd did not end in order");
}

double Server::cpu_microseconds() const {
  const std::string stat = read_file("/proc/" + std::to_string(process_) + "/stat");
  // utime and stime are the fields 14 and 15; the second, in parentheses, may hold spaces.
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field)
    fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double Server::pss_bytes() const {
  const std::string rollup = read_file("/proc/" + std::to_string(process_) + "/smaps_rollup");
  const std::size_t at = rollup.find("\nPss:");
  if (at == std::string::npos) fail("/proc says nothing of Pss");
  return std::stod(rollup.substr(at + 5)) * 1024;
}

}  // namespace gates
