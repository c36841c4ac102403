// Plays a scenario in virtual time, on a whole service (support/service.h), and says where the
// service did something else. What a scenario does not say must not arrive: everything that is
// heard and not said fails it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/actors.h"
#include "scenario/script.h"

namespace muster::testing {

// Thrown where the service does not do what the scenario says, or the scenario cannot be read.
struct ScenarioFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Stage {
 public:
  Stage();
  // Throws ScenarioFailed, with the line.
  void play(const Script& script);

 private:
  using Words = std::vector<std::string>;

  void play(const Statement& statement);
  bool play_setting(const Statement& statement);
  void play_messenger(const std::string& name, const Statement& statement);
  void play_phone(const std::string& name, const Statement& statement);
  void cast(const Statement& statement);
  void begin();
  void pass(const Words& words);
  void operate(const Words& words);
  void messenger_receives(ScriptedMessenger& messenger, const Statement& statement);
  void phone_sends(ScriptedPhone& phone, const Statement& statement);
  void phone_receives(ScriptedPhone& phone, const Statement& statement);
  void listen();
  void expect_silence_of(const std::string& name);
  void expect_silence();

  Service service_;
  bool begun_ = false;
  std::map<std::string, ScriptedMessenger> messengers_;
  std::map<std::string, ScriptedPhone> phones_;
};

}  // namespace muster::testing
