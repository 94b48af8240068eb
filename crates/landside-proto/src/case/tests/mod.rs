mod authorities;
mod codes;
mod collection;
mod fold;
mod gate;
mod overrides;
mod release;
mod right;
