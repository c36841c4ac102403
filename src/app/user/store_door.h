// A service that does not run: its store. Requests have the effect that they would have on a server
// to which nobody is connected (presence_db/admin.cc).
#pragma once

#include <memory>

#include "app/user/service_door.h"
#include "shell/store/store_backend.h"

namespace muster {

class StoreDoor : public ServiceDoor {
 public:
  // `lock` is the data directory's.
  StoreDoor(ServiceDescription service, std::unique_ptr<StoreBackend> store, Fd lock);

  Result<ControlReply, std::string> ask(const ControlRequest& request) override;

 private:
  ControlReply on(const DescribeService& describe);
  ControlReply on(const CreateAccount& create);
  ControlReply on(const SetCredentials& set);
  ControlReply on(const ListAccounts& list);
  ControlReply on(const ListWatchers& list);
  ControlReply on(const DecideWatcher& decide);
  ControlReply on(const ChangePolicy& change);
  ControlReply on(const DropAccount& drop);
  static ControlReply on(const ListServers& list);
  static ControlReply on(const FindUser& find);
  static ControlReply on(const ListUsers& list);
  static ControlReply on(const OrderServer& order);

  StoreResult carry_out(StoreTask task);
  std::optional<UserLoaded> load(const Address& account);
  ControlReply change(StoreRequest request, ControlRefused::Why refused);

  ServiceDescription service_;
  Fd lock_;  // given back once the store is closed
  std::unique_ptr<StoreBackend> store_;
};

}  // namespace muster
