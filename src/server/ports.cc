#include "server/ports.h"

namespace muster {

Order::Order(const Order& other) = default;
Order::Order(Order&& other) noexcept = default;
Order& Order::operator=(const Order& other) = default;
Order& Order::operator=(Order&& other) noexcept = default;
Order::~Order() = default;

}  // namespace muster
