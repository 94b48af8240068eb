mod authorities;
mod codes;
mod collection;
mod fold;
mod gate;
mod release;
mod right;
