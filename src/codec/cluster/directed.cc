#include "codec/cluster/directed.h"

#include "base/overloaded.h"
#include "codec/network_order.h"

namespace muster::cluster {
namespace {

enum class DirectedKind : std::uint8_t {
  user_given = 1,
  users_settled,
  yield_user,
  user_yielded,
  room_wanted,
  move_users,
  users_moved,
  figures_asked,
  figures_told,
  order_asked,
  order_answered,
};

constexpr std::size_t kShareBytes = 2 * sizeof(std::uint32_t);
constexpr std::size_t kFiguresBytes =
    4 * sizeof(std::uint64_t) + 2 * sizeof(std::uint32_t) + 4 * kShareBytes;

Share take_share(std::string_view& said) {
  Share share;
  share.used = take_number<std::uint32_t>(said);
  share.of = take_number<std::uint32_t>(said);
  return share;
}

Figures take_figures(std::string_view& said) {
  Figures figures;
  for (std::uint64_t* number : {&figures.xmpp, &figures.sip, &figures.resources, &figures.relayed})
    *number = take_number<std::uint64_t>(said);
  figures.level = take_number<std::uint32_t>(said);
  figures.users = take_number<std::uint32_t>(said);
  Measures& m = figures.measures;
  for (Share* share : {&m.loop_lag, &m.cpu, &m.memory, &m.queues})
    *share = take_share(said);
  return figures;
}

void append_figures(std::string& out, const Figures& figures) {
  for (const std::uint64_t number : {figures.xmpp, figures.sip, figures.resources, figures.relayed})
    append_number(out, number);
  append_number(out, figures.level);
  append_number(out, figures.users);
  const Measures& m = figures.measures;
  for (const Share& share : {m.loop_lag, m.cpu, m.memory, m.queues}) {
    append_number(out, share.used);
    append_number(out, share.of);
  }
}

// --- what operators ask --------------------------------------------------------------------------

void append(std::string& out, const FiguresAsked& asked) {
  out.push_back(static_cast<char>(DirectedKind::figures_asked));
  append_number(out, asked.number);
}

void append(std::string& out, const FiguresTold& told) {
  out.push_back(static_cast<char>(DirectedKind::figures_told));
  append_number(out, told.number);
  append_figures(out, told.figures);
}

void append(std::string& out, const OrderAsked& asked) {
  out.push_back(static_cast<char>(DirectedKind::order_asked));
  append_number(out, asked.number);
  append_number(out, asked.link);
  append_number(out, asked.what);
  out.append(asked.svr_id);
}

void append(std::string& out, const OrderAnswered& answered) {
  out.push_back(static_cast<char>(DirectedKind::order_answered));
  append_number(out, answered.number);
  append_number(out, answered.outcome);
}

std::optional<Told> read_operators(DirectedKind kind, std::string_view said) {
  if (said.size() < sizeof(std::uint64_t)) return std::nullopt;
  const auto number = take_number<std::uint64_t>(said);
  switch (kind) {
    case DirectedKind::figures_asked:
      if (!said.empty()) return std::nullopt;
      return FiguresAsked{number};
    case DirectedKind::figures_told:
      if (said.size() != kFiguresBytes) return std::nullopt;
      return FiguresTold{number, take_figures(said)};
    case DirectedKind::order_asked: {
      if (said.size() < sizeof(std::uint64_t) + 2) return std::nullopt;
      OrderAsked asked;
      asked.number = number;
      asked.link = take_number<std::uint64_t>(said);
      asked.what = take_number<std::uint8_t>(said);
      asked.svr_id = said;
      return asked;
    }
    case DirectedKind::order_answered:
      if (said.size() != 1) return std::nullopt;
      return OrderAnswered{number, take_number<std::uint8_t>(said)};
    default: return std::nullopt;
  }
}

std::optional<Told> read_move(std::string_view said) {
  constexpr std::size_t kMoveBytes = 2 * sizeof(std::uint64_t) + 2 * sizeof(std::uint32_t) + 1;
  if (said.size() != kMoveBytes || static_cast<std::uint8_t>(said.back()) > 1) return std::nullopt;
  MoveUsers move;
  move.epoch = take_number<std::uint64_t>(said);
  move.to = take_number<std::uint64_t>(said);
  move.users = take_number<std::uint32_t>(said);
  move.dialogs = take_number<std::uint32_t>(said);
  move.all = take_number<std::uint8_t>(said) == 1;
  return move;
}

}  // namespace

std::optional<Told> read_told(std::string_view said) {
  constexpr std::size_t kSettledBytes = sizeof(std::uint64_t) + 3 * sizeof(std::uint32_t);
  if (said.empty()) return std::nullopt;
  const auto kind = static_cast<DirectedKind>(take_number<std::uint8_t>(said));
  switch (kind) {
    case DirectedKind::user_given: {
      if (said.size() <= sizeof(std::uint64_t)) return std::nullopt;
      UserGiven given;
      given.number = take_number<std::uint64_t>(said);
      given.user = said;
      return given;
    }
    case DirectedKind::users_settled: {
      if (said.size() != kSettledBytes) return std::nullopt;
      UsersSettled settled;
      settled.settled = take_number<std::uint64_t>(said);
      settled.level = take_number<std::uint32_t>(said);
      settled.users = take_number<std::uint32_t>(said);
      settled.dialogs = take_number<std::uint32_t>(said);
      return settled;
    }
    case DirectedKind::yield_user:
      if (said.empty()) return std::nullopt;
      return YieldUser{said};
    case DirectedKind::user_yielded: {
      if (said.size() < 2 || static_cast<std::uint8_t>(said.front()) > 1) return std::nullopt;
      UserYielded yielded;
      yielded.yielded = take_number<std::uint8_t>(said) == 1;
      yielded.user = said;
      return yielded;
    }
    case DirectedKind::room_wanted:
      if (said.size() != sizeof(std::uint32_t)) return std::nullopt;
      return RoomWanted{take_number<std::uint32_t>(said)};
    case DirectedKind::move_users: return read_move(said);
    case DirectedKind::users_moved: {
      if (said.size() != sizeof(std::uint64_t) + sizeof(std::uint32_t)) return std::nullopt;
      UsersMoved moved;
      moved.to = take_number<std::uint64_t>(said);
      moved.users = take_number<std::uint32_t>(said);
      return moved;
    }
    case DirectedKind::figures_asked:
    case DirectedKind::figures_told:
    case DirectedKind::order_asked:
    case DirectedKind::order_answered: return read_operators(kind, said);
  }
  return std::nullopt;
}

void append_told(std::string& out, const Told& told) {
  std::visit(Overloaded{
                 [&](const UserGiven& given) {
                   out.push_back(static_cast<char>(DirectedKind::user_given));
                   append_number(out, given.number);
                   out.append(given.user);
                 },
                 [&](const UsersSettled& settled) {
                   out.push_back(static_cast<char>(DirectedKind::users_settled));
                   append_number(out, settled.settled);
                   append_number(out, settled.level);
                   append_number(out, settled.users);
                   append_number(out, settled.dialogs);
                 },
                 [&](const YieldUser& yield) {
                   out.push_back(static_cast<char>(DirectedKind::yield_user));
                   out.append(yield.user);
                 },
                 [&](const UserYielded& yielded) {
                   out.push_back(static_cast<char>(DirectedKind::user_yielded));
                   append_number(out, static_cast<std::uint8_t>(yielded.yielded));
                   out.append(yielded.user);
                 },
                 [&](const RoomWanted& wanted) {
                   out.push_back(static_cast<char>(DirectedKind::room_wanted));
                   append_number(out, wanted.users);
                 },
                 [&](const MoveUsers& move) {
                   out.push_back(static_cast<char>(DirectedKind::move_users));
                   append_number(out, move.epoch);
                   append_number(out, move.to);
                   append_number(out, move.users);
                   append_number(out, move.dialogs);
                   append_number(out, static_cast<std::uint8_t>(move.all));
                 },
                 [&](const UsersMoved& moved) {
                   out.push_back(static_cast<char>(DirectedKind::users_moved));
                   append_number(out, moved.to);
                   append_number(out, moved.users);
                 },
                 [&](const FiguresAsked& asked) { append(out, asked); },
                 [&](const FiguresTold& answer) { append(out, answer); },
                 [&](const OrderAsked& asked) { append(out, asked); },
                 [&](const OrderAnswered& answered) { append(out, answered); },
             },
             told);
}

}  // namespace muster::cluster
