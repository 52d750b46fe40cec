#include "base/check.h"
#include "compiler/lower/emitter.h"

namespace weft::lowering {
namespace {

// Operators that are one instruction over registers a and b.
std::optional<Opcode> binary_opcode(ir::ExprKind kind) {
    switch (kind) {
        case ir::ExprKind::Add:
            return Opcode::Add;
        case ir::ExprKind::Subtract:
            return Opcode::Subtract;
        case ir::ExprKind::Multiply:
            return Opcode::Multiply;
        case ir::ExprKind::Divide:
            return Opcode::Divide;
        case ir::ExprKind::WholeDivide:
            return Opcode::WholeDivide;
        case ir::ExprKind::Remainder:
            return Opcode::Remainder;
        case ir::ExprKind::Equal:
            return Opcode::Equal;
        case ir::ExprKind::NotEqual:
            return Opcode::NotEqual;
        case ir::ExprKind::Less:
            return Opcode::Less;
        case ir::ExprKind::LessEqual:
            return Opcode::LessEqual;
        case ir::ExprKind::Greater:
            return Opcode::Greater;
        case ir::ExprKind::GreaterEqual:
            return Opcode::GreaterEqual;
        case ir::ExprKind::In:
            return Opcode::Contains;
        case ir::ExprKind::Index:
            return Opcode::Index;
        default:
            return std::nullopt;
    }
}

Opcode list_opcode(ir::ListOp op) {
    switch (op) {
        case ir::ListOp::Map:
            return Opcode::Map;
        case ir::ListOp::Filter:
            return Opcode::Filter;
        case ir::ListOp::Any:
            return Opcode::Any;
        case ir::ListOp::All:
            return Opcode::All;
        case ir::ListOp::Share:
            return Opcode::Share;
        case ir::ListOp::SortBy:
            return Opcode::SortBy;
        case ir::ListOp::GroupBy:
            return Opcode::GroupBy;
        case ir::ListOp::FlatMap:
            return Opcode::FlatMap;
        case ir::ListOp::Fold:
            return Opcode::Fold;
    }
    WEFT_CHECK(false);
}

}  // namespace

Reg Emitter::expression(ir::ExprId id) {
    const auto& e = module_.exprs[id];
    if (e.kind == ir::ExprKind::Local) return local(e.local);
    if (e.kind == ir::ExprKind::Unwrap) return expression(e.a);
    Reg target = builder_.temporary();
    into(id, target);
    return target;
}

Reg Emitter::neighbours(const std::vector<ir::ExprId>& ids) {
    Reg first = builder_.temporaries(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) into(ids[i], FunctionBuilder::at(first, i));
    return first;
}

void Emitter::literal(const Value& value, Reg target) {
    builder_.emit(Opcode::Const, target, {}, 0, tables_.constant(value));
}

void Emitter::none(Reg target) {
    literal(Value::none(), target);
}

void Emitter::into(ir::ExprId id, Reg target) {
    const auto& e = module_.exprs[id];
    std::uint32_t mark = builder_.mark();
    // Whatever traps names its own expression: not an operand, nor what came before.
    const SourcePlace around = builder_.place();
    builder_.at_place(tables_.place(e.span));
    auto count = static_cast<std::uint32_t>(e.args.size());
    auto build = [&](Opcode op, std::uint32_t d = 0) {
        Reg first = neighbours(e.args);
        builder_.emit(op, target, first, count, d);
    };
    if (auto op = binary_opcode(e.kind)) {
        Reg left = expression(e.a);
        Reg right = expression(e.b);
        builder_.emit3(*op, target, left, right);
        builder_.release(mark);
        builder_.at_place(around);
        return;
    }
    switch (e.kind) {
        case ir::ExprKind::Literal:
            literal(e.value, target);
            break;
        case ir::ExprKind::Local:
            builder_.emit(Opcode::Move, target, local(e.local));
            break;
        case ir::ExprKind::Unwrap:
            into(e.a, target);
            break;
        case ir::ExprKind::Field:
            builder_.emit(Opcode::Field, target, expression(e.a), e.index);
            break;
        case ir::ExprKind::CaseField:
            builder_.emit(Opcode::CaseField, target, expression(e.a), e.index);
            break;
        case ir::ExprKind::Not:
            builder_.emit(Opcode::Not, target, expression(e.a));
            break;
        case ir::ExprKind::Negate:
            builder_.emit(Opcode::Negate, target, expression(e.a));
            break;
        case ir::ExprKind::ToDecimal:
            builder_.emit(Opcode::ToDecimal, target, expression(e.a));
            break;
        case ir::ExprKind::InRange:
            in_range(e, target);
            break;
        case ir::ExprKind::And:
        case ir::ExprKind::Or:
            and_or(e, target);
            break;
        case ir::ExprKind::Coalesce:
            coalesce(e, target);
            break;
        case ir::ExprKind::If:
            choose(e, target);
            break;
        case ir::ExprKind::Record:
            build(Opcode::MakeRecord);
            break;
        case ir::ExprKind::Case:
            build(Opcode::MakeCase, e.index);
            break;
        case ir::ExprKind::List:
            build(Opcode::MakeList);
            break;
        case ir::ExprKind::Map:
            build(Opcode::MakeMap);
            break;
        case ir::ExprKind::Text:
            build(Opcode::Concat);
            break;
        case ir::ExprKind::Builtin:
            build(Opcode::Builtin, e.index);
            break;
        case ir::ExprKind::CallFn:
            build(Opcode::Call, tables_.fn(ir::FnId{e.index}));
            break;
        case ir::ExprKind::Prompt:
            build(Opcode::Call, tables_.prompt_function(ir::PromptId{e.index}));
            break;
        case ir::ExprKind::ListFn:
            list_function(e, target);
            break;
        case ir::ExprKind::ToText:
            builder_.emit(Opcode::ToText, target, expression(e.a), 0,
                          module_.exprs[e.a].type.index);
            break;
        case ir::ExprKind::Refine:
            refine(e, target);
            break;
        case ir::ExprKind::CaseIs:
            case_is(e, target);
            break;
        case ir::ExprKind::IsNone:
            is_none(e, target);
            break;
        case ir::ExprKind::ErrorIs:
            builder_.emit(Opcode::ErrorIs, target, expression(e.a), 0,
                          tables_.text_constant(e.text));
            break;
        case ir::ExprKind::ThisRun:
            builder_.emit(Opcode::ThisRun, target);
            break;
        case ir::ExprKind::Let:
            into(e.a, local(e.local));
            into(e.b, target);
            break;
        default:
            WEFT_CHECK(false);
    }
    builder_.release(mark);
    builder_.at_place(around);
}

void Emitter::and_or(const ir::Expr& e, Reg target) {
    Label end = builder_.label();
    into(e.a, target);
    builder_.jump(e.kind == ir::ExprKind::And ? Opcode::JumpIfNot : Opcode::JumpIf, target, end);
    into(e.b, target);
    builder_.bind(end);
}

void Emitter::choose(const ir::Expr& e, Reg target) {
    Label otherwise = builder_.label();
    Label end = builder_.label();
    builder_.jump(Opcode::JumpIfNot, expression(e.a), otherwise);
    into(e.b, target);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(otherwise);
    into(e.args[0], target);
    builder_.bind(end);
}

void Emitter::coalesce(const ir::Expr& e, Reg target) {
    Label missing = builder_.label();
    Label end = builder_.label();
    into(e.a, target);
    builder_.jump(Opcode::JumpIfNone, target, missing);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(missing);
    into(e.b, target);
    builder_.bind(end);
}

void Emitter::in_range(const ir::Expr& e, Reg target) {
    Label end = builder_.label();
    Reg value = expression(e.a);
    builder_.emit3(Opcode::GreaterEqual, target, value, expression(e.args[0]));
    builder_.jump(Opcode::JumpIfNot, target, end);
    builder_.emit3(Opcode::LessEqual, target, value, expression(e.args[1]));
    builder_.bind(end);
}

void Emitter::refine(const ir::Expr& e, Reg target) {
    auto source = static_cast<ir::RefineSource>(e.extra);
    if (source == ir::RefineSource::Value) {
        builder_.emit(Opcode::Refine, target, expression(e.a), 0, e.index);
    } else if (source == ir::RefineSource::Error) {
        builder_.emit(Opcode::NarrowError, target, expression(e.a), 0, e.index);
    } else {
        std::uint32_t is_json = source == ir::RefineSource::Json ? 1 : 0;
        builder_.emit(Opcode::Convert, target, expression(e.a), is_json, e.index);
    }
}

void Emitter::is_none(const ir::Expr& e, Reg target) {
    Label missing = builder_.label();
    Label end = builder_.label();
    builder_.jump(Opcode::JumpIfNone, expression(e.a), missing);
    literal(Value::boolean(false), target);
    builder_.jump(Opcode::Jump, {}, end);
    builder_.bind(missing);
    literal(Value::boolean(true), target);
    builder_.bind(end);
}

void Emitter::case_is(const ir::Expr& e, Reg target) {
    Reg number = builder_.temporary();
    builder_.emit(Opcode::CaseNumber, number, expression(e.a));
    Reg wanted = builder_.temporary();
    literal(Value::integer(e.index), wanted);
    builder_.emit3(Opcode::Equal, target, number, wanted);
}

void Emitter::list_function(const ir::Expr& e, Reg target) {
    ir::LambdaId id{e.index};
    auto captures = free_locals(module_, module_.lambdas[id]);
    Reg list;
    if (e.list_op == ir::ListOp::Fold) {
        list = builder_.temporaries(2);
        into(e.a, list);
        into(e.b, FunctionBuilder::at(list, 1));
    } else {
        list = expression(e.a);
    }
    Reg first = captured(captures);
    std::uint32_t function = lambda(id, captures);
    builder_.emit3(list_opcode(e.list_op), target, list, first, function);
}

std::uint32_t Emitter::lambda(ir::LambdaId id, const std::set<ir::LocalId>& captures) {
    const auto& node = module_.lambdas[id];
    Emitter emitter(tables_, name_ + ".lambda", FunctionKind::Pure);
    for (auto parameter : node.parameters) emitter.parameter(parameter);
    for (auto capture : captures) emitter.parameter(capture);
    emitter.finish_with_expression(node.body);
    return emitter.number();
}

}  // namespace weft::lowering
