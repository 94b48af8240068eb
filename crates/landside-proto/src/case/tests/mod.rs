mod authorities;
mod collection;
mod fold;
mod gate;
mod release;
mod right;
