// Which checkers there are.

#include "sim/checkers/assignment.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/checker.h"
#include "sim/checkers/constancy.h"
#include "sim/checkers/convergence.h"
#include "sim/checkers/courtesy.h"
#include "sim/checkers/delivery.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/expiry.h"
#include "sim/checkers/leaks.h"
#include "sim/checkers/levels.h"
#include "sim/checkers/order.h"
#include "sim/checkers/permission.h"
#include "sim/checkers/placing.h"
#include "sim/checkers/recruiting.h"
#include "sim/checkers/reference.h"
#include "sim/checkers/steadiness.h"

namespace muster::sim {

std::vector<std::unique_ptr<Checker>> make_checkers(Findings& findings) {
  std::vector<std::unique_ptr<Checker>> checkers;
  checkers.push_back(std::make_unique<Assignment>(findings));
  checkers.push_back(std::make_unique<Bounds>(findings));
  checkers.push_back(std::make_unique<Constancy>(findings));
  checkers.push_back(std::make_unique<Convergence>(findings));
  checkers.push_back(std::make_unique<Courtesy>(findings));
  checkers.push_back(std::make_unique<Delivery>(findings));
  checkers.push_back(std::make_unique<Durability>(findings));
  checkers.push_back(std::make_unique<Expiry>(findings));
  checkers.push_back(std::make_unique<Leaks>(findings));
  checkers.push_back(std::make_unique<Levels>(findings));
  checkers.push_back(std::make_unique<Ordering>(findings));
  checkers.push_back(std::make_unique<Permission>(findings));
  checkers.push_back(std::make_unique<Placing>(findings));
  checkers.push_back(std::make_unique<Recruiting>(findings));
  checkers.push_back(std::make_unique<Reference>(findings));
  checkers.push_back(std::make_unique<Steadiness>(findings));
  return checkers;
}

}  // namespace muster::sim
