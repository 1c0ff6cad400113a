"""Parameters of ops that are several values, as one object in Python and as a struct in C code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from theano.base.digest import blake2b
from theano.graph.type import Type
from theano.legacy.c_code.enum_type import EnumType

__all__ = ["Params", "ParamsType"]


class Params(dict[str, Any]):
    """The values of the parameters of an op: ``params.a`` or ``params["a"]``. They can't be changed.

    Parameters
    ----------
    params_type
        The type that says which there are.
    **kwargs
        A value for each.
    """

    def __init__(self, params_type: ParamsType, **kwargs: Any) -> None:
        missing = [name for name in params_type.fields if name not in kwargs]
        if missing:
            raise TypeError(f"Params: no value is given for {', '.join(missing)}")
        super().__init__({name: kwargs[name] for name in params_type.fields})
        dict.__setattr__(self, "__params_type__", params_type)

    def __reduce__(self) -> Any:
        return _remade, (self.__params_type__, dict(self))

    def __getattr__(self, key: str) -> Any:
        if key in self:
            return self[key]
        raise AttributeError(f"Params: there is no parameter {key!r}, only {', '.join(self)}")

    def __setattr__(self, key: str, value: Any) -> None:
        raise NotImplementedError("parameters stay as they are")

    def __setitem__(self, key: str, value: Any) -> None:
        raise NotImplementedError("parameters stay as they are")

    def __delitem__(self, key: str) -> None:
        raise NotImplementedError("parameters stay as they are")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Params) or self.__params_type__ != other.__params_type__:
            return False
        return self.__params_type__.values_eq(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash((type(self), self.__params_type__, *(_hashed(v) for v in self.values())))

    def __repr__(self) -> str:
        return f"Params({', '.join(f'{k}:{type(v).__name__}:{v!r}' for k, v in sorted(self.items()))})"


def _remade(params_type: ParamsType, values: dict[str, Any]) -> Params:
    return Params(params_type, **values)


def _hashed(value: Any) -> Any:
    tobytes = getattr(value, "tobytes", None)
    return tobytes() if tobytes is not None else value


class ParamsType(Type):
    """The type of the parameters of an op: a name and a type for each.

    An op with such a `params_type` is given a `Params` by ``perform(node, inputs, outputs, params)``; in C code
    ``sub["params"]`` points to a struct with the same fields. The values are the op's attributes of these names.

    Parameters
    ----------
    **kwargs
        Names and types: tensor types, ``theano.scalar.Scalar(dtype)``, `EnumType`, `generic`, ….

    Raises
    ------
    TypeError
        There are none, or one is no type.

    Examples
    --------
    >>> from theano.gof import ParamsType, generic
    >>> kinds = ParamsType(factor=theano.scalar.Scalar("float64"), label=generic)
    >>> kinds.get_params(factor=3, label="x").factor
    np.float64(3.0)
    """

    __props__ = ("fields", "types")

    def __init__(self, **kwargs: Any) -> None:
        if not kwargs:
            raise TypeError("ParamsType: there must be a parameter at least")
        for name, type_ in kwargs.items():
            if not hasattr(type_, "filter"):
                raise TypeError(f"ParamsType: parameter {name} has no type: {type_!r}")
        self.fields = tuple(sorted(kwargs))
        self.types = tuple(kwargs[name] for name in self.fields)
        self.length = len(self.fields)
        self.name = self.generate_struct_name()

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__") or "fields" not in self.__dict__:
            raise AttributeError(key)
        for type_ in self._enums():
            if key in type_:
                return type_[key]
        raise AttributeError(f"ParamsType: no constant {key!r} in its enumerations")

    def _enums(self) -> Iterator[EnumType]:
        return (t for t in self.types if isinstance(t, EnumType))

    def __repr__(self) -> str:
        return f"ParamsType<{', '.join(f'{k}:{t}' for k, t in zip(self.fields, self.types, strict=True))}>"

    __str__ = __repr__

    def generate_struct_name(self) -> str:
        """The name of the struct in C code."""
        text = ",".join(f"{k}:{t!r}" for k, t in zip(self.fields, self.types, strict=True))
        return f"_Params_{blake2b(text.encode(), digest_size=8).hexdigest()}"

    def has_type(self, theano_type: Any) -> bool:
        """Whether a parameter has this type."""
        return theano_type in self.types

    def get_field(self, theano_type: Any) -> str:
        """The name of the first parameter of a type; ValueError where there is none."""
        return self.fields[self.types.index(theano_type)]

    def get_type(self, field_name: str) -> Any:
        """The type of a parameter; ValueError where there is none of that name."""
        return self.types[self.fields.index(field_name)]

    def get_enum(self, key: str) -> Any:
        """The constant of that name in one of the enumerations."""
        return getattr(self, key)

    def enum_from_alias(self, alias: str) -> Any:
        """The constant of that alias or name in one of the enumerations."""
        for type_ in self._enums():
            if type_.has_alias(alias) or alias in type_:
                return type_.fromalias(alias)
        raise AttributeError(f"ParamsType: no constant with the alias {alias!r} in its enumerations")

    def extended(self, **kwargs: Any) -> ParamsType:
        """A type with more parameters."""
        return ParamsType(**{**dict(zip(self.fields, self.types, strict=True)), **kwargs})

    def get_params(self, *objects: Any, **kwargs: Any) -> Params:
        """The parameters: values given by name, or attributes of that name of one of the objects.

        Raises
        ------
        AttributeError
            There is no value for a parameter.
        TypeError
            A value is none of its type.
        """
        values = {}
        for name, type_ in zip(self.fields, self.types, strict=True):
            if name in kwargs:
                value = kwargs[name]
            else:
                owners = [obj for obj in objects if hasattr(obj, name)]
                if not owners:
                    raise AttributeError(f"ParamsType: there is no value for parameter {name!r}")
                value = getattr(owners[0], name)
            values[name] = type_.filter(value, strict=False, allow_downcast=True)
        return self.filter(Params(self, **values), strict=False, allow_downcast=True)

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Params:
        if strict:
            if not isinstance(data, Params) or data.__params_type__ != self:
                raise TypeError(f"{self} takes its own Params, not {data!r}")
            for name, type_ in zip(self.fields, self.types, strict=True):
                type_.filter(data[name], strict=True)
            return data
        read = data.__getitem__ if isinstance(data, dict) else lambda name: getattr(data, name)
        try:
            values = {
                name: type_.filter(read(name), False, allow_downcast)
                for name, type_ in zip(self.fields, self.types, strict=True)
            }
        except (AttributeError, KeyError) as error:
            raise TypeError(f"{self}: {data!r} has no value for every parameter ({error})") from error
        return Params(self, **values)

    def values_eq(self, a: Any, b: Any) -> bool:
        return all(t.values_eq(a[k], b[k]) for k, t in zip(self.fields, self.types, strict=True))

    def values_eq_approx(self, a: Any, b: Any) -> bool:
        return all(t.values_eq_approx(a[k], b[k]) for k, t in zip(self.fields, self.types, strict=True))
