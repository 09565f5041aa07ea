// varde serve: run until told to stop.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <mutex>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/instance.h"

namespace varde::command {
namespace {

void log_line(std::string_view line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  fmt::print(stderr, "{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(std::time(nullptr)), line);
}

/// The signals that stop us are waited for, not handled: threads started after this do not get them.
sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void print_welcome(const Instance& varde, const Config& config, bool has_demo) {
  fmt::print("Varde is ready.\n\n  FHIR       {}\n  messages   POST {}/message, or files in {}/inbound\n  answers    {}/outbound\n",
             varde.base(), varde.base().substr(0, varde.base().rfind('/')), varde.messages_folder(), varde.messages_folder());
  fmt::print("  we are     {}, {} (HER-id {})\n\nTry:\n  curl {}/metadata\n", config.organisation, config.department,
             config.her_id, varde.base());
  if (has_demo)
    fmt::print("  curl {0}/Patient\n  curl '{0}/Task?status=requested'\n", varde.base());
  fmt::print("  varde demo          the whole story, step by step\n\nCtrl-C stops.\n");
  std::fflush(stdout);
}

}  // namespace

int serve(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) {
    fmt::print(stderr, "varde: {}\n", config.error().diagnostics);
    for (const auto& each : config.error().also) fmt::print(stderr, "varde: {}\n", each.diagnostics);
    return kWrongUse;
  }
  const auto signals = stop_signals();
  Instance varde(*config, log_line);
  const bool has_demo = !arguments.has("--empty");
  if (has_demo) varde.load_demo();
  varde.start();
  print_welcome(varde, *config, has_demo);
  int signal = 0;
  sigwait(&signals, &signal);
  log_line(fmt::format("stopping on signal {}", signal));
  varde.stop();
  return kOk;
}

}  // namespace varde::command
