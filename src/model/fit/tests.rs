//! Properties of the fit walk, over values made from the tables of all types of the document.
