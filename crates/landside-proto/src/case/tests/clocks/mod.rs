mod days;
mod figures;
mod laws;
mod rules;
